import type * as z from "zod/mini";
import { oneOf, quote } from "./printable.ts";

type Issue = z.core.$ZodIssue;

/** One thing a schema refuses: where, and what it would rather have. */
export interface Refusal {
  readonly path: readonly (string | number)[];
  readonly expected: string;
  readonly found: string;
  readonly hint?: string | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** Says in our words what a schema refuses about `value`; strings are quoted only where a word was to be chosen. */
export function describeIssue(issue: Issue, value: unknown): Refusal {
  const chosen = issue.code === "invalid_union" ? nearestBranch(issue) : undefined;
  if (chosen) return describeIssue({ ...chosen, path: [...issue.path, ...chosen.path] }, value);
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  const culprit = path.reduce<unknown>(memberOf, value);
  return { path, expected: expectedBy(issue), found: foundBy(issue, culprit), hint: hintFor(issue, culprit) };
}

/** What kind of value something is; its contents stay unsaid. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "a list";
  return TYPES[typeof value] ?? typeof value;
}

const memberOf = (value: unknown, part: string | number): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, part) ? Reflect.get(value, part) : undefined;

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? issue.expected;
    case "invalid_value":
      return oneOf(issue.values.map((value) => (typeof value === "string" ? quote(value) : String(value))));
    case "too_small":
      return bound(issue.origin, "at least", Number(issue.minimum) + (issue.inclusive === false ? 1 : 0));
    case "too_big":
      return bound(issue.origin, "at most", Number(issue.maximum) - (issue.inclusive === false ? 1 : 0));
    case "invalid_union":
      return oneOf([...new Set(issue.errors.flat().map(expectedBy))]);
    case "invalid_key":
      return oneOf(issue.issues.map(expectedBy));
    case "invalid_format":
      return "prefix" in issue ? `text that starts with ${quote(String(issue.prefix))}` : withoutVerb(issue.message);
    default:
      return withoutVerb(issue.message);
  }
}

/** Messages that runtimes write into their schemas read like whole sentences: `expected an image name`. */
const withoutVerb = (message: string): string => message.replace(/^expected /i, "");

function bound(origin: string, atLeast: string, limit: number): string {
  if (origin === "string") return limit === 1 && atLeast === "at least" ? "some text" : `${atLeast} ${limit} characters`;
  return origin === "array" || origin === "set" ? `a list of ${atLeast} ${limit}` : `${atLeast} ${limit}`;
}

function foundBy(issue: Issue, culprit: unknown): string {
  if (issue.code === "invalid_key") return quote(String(issue.path.at(-1) ?? ""));
  if (typeof culprit === "number" && (issue.code !== "invalid_type" || issue.expected === "int")) return String(culprit);
  if (issue.code === "invalid_value" && typeof culprit === "string") return quote(culprit);
  if (issue.code === "too_small" && culprit === "") return "an empty string";
  if (issue.code === "too_big" && typeof culprit === "string") return `${culprit.length} characters`;
  return issue.code === "too_small" && Array.isArray(culprit) ? `${culprit.length}` : describeValue(culprit);
}

function hintFor(issue: Issue, culprit: unknown): string | undefined {
  if (issue.code !== "invalid_type") return undefined;
  if (issue.expected === "string" && (typeof culprit === "number" || typeof culprit === "boolean"))
    return "Write it in double quotes";
  if (issue.expected === "array" && typeof culprit === "string") return "Write it in square brackets";
  const isNumberWanted = issue.expected === "number" || issue.expected === "int";
  return (isNumberWanted || issue.expected === "boolean") && typeof culprit === "string" ? "Write it without quotes" : undefined;
}

/** Of several allowed forms, the one the value was meant to be: the one refused for something inside it. */
function nearestBranch(issue: Extract<Issue, { code: "invalid_union" }>): Issue | undefined {
  return issue.errors.flat().find((inner) => inner.path.length > 0);
}
