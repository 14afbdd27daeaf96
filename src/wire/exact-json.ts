import { Buffer } from "node:buffer";
import { type Survey, surveyJson } from "./survey-json.ts";

const NUMBER = /-?\d[\d.eE+-]*/g;
const LONGEST_KEY_SHOWN = 64;

/** What stands before a number kept as a string, and how to find all of them. */
interface Mark {
  readonly text: string;
  readonly everywhere: RegExp;
}

/** Made with the first number that needs it: nothing else on the way to the first answer needs `node:crypto`. */
let mark: Mark | undefined;

/** Whether text could be read without a loss; if not, what stands in the way. */
export type ExactParse = { readonly value: unknown } | { readonly problem: string };

/**
 * Reads JSON text so that `stringifyExactly` writes the same values again. Numbers that a double cannot hold are kept as
 * marked strings; text that gives a key of an object twice is refused, since a reader of it takes one value and drops the
 * other. Throws a SyntaxError for text that is no JSON.
 */
export function parseExactly(text: string, survey: Survey): ExactParse {
  const value: unknown = JSON.parse(survey.oddNumbers ? markNumbers(text) : text);
  if (survey.keys === keysOf(value)) return { value };
  return { problem: `Key ${JSON.stringify(repeatedKey(text)?.slice(0, LONGEST_KEY_SHOWN))} stands twice in one object` };
}

/** Reads short JSON text of people or models as `parseExactly` does; throws a SyntaxError for what it refuses, too. */
export function parseLosslessly(text: string): unknown {
  const parsed = parseExactly(text, surveyJson(Buffer.from(text), Number.POSITIVE_INFINITY));
  if ("problem" in parsed) throw new SyntaxError(parsed.problem);
  return parsed.value;
}

/** Writes a value as JSON, with the numbers that `parseExactly` kept as they were written. */
export function stringifyExactly(value: unknown, space?: number): string {
  const text = JSON.stringify(value, undefined, space);
  return mark ? restoreNumbers(text) : text;
}

/** Puts the numbers that `parseExactly` marked back into text in which they may stand at any depth of quoting. */
export const restoreNumbers = (text: string): string =>
  mark && text.includes(mark.text)
    ? text.replace(mark.everywhere, (_, _slashes, quoted?: string, bare?: string) => quoted ?? bare ?? "")
    : text;

function markNumbers(text: string): string {
  const parts: string[] = [];
  for (const { outside, string } of piecesOf(text)) parts.push(outside.replace(NUMBER, markIfChanged), string);
  return parts.join("");
}

function markIfChanged(number: string): string {
  if (String(Number(number)) === number) return number;
  JSON.parse(number); // what is no number of JSON is not made one
  mark ??= newMark();
  return `"${mark.text}${number}"`;
}

/** A string that nobody outside this process can write, for it is new with every start. */
function newMark(): Mark {
  const text = `number-${process.getBuiltinModule("node:crypto").randomBytes(12).toString("hex")}:`;
  return { text, everywhere: new RegExp(`(\\\\*)"${text}([-+.\\deE]+)\\1"|${text}([-+.\\deE]+)`, "g") };
}

/** The first key that an object has twice. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  let last = "";
  for (const { outside, string } of piecesOf(text)) {
    for (const char of outside) {
      if (char === "{" || char === "[") open.push(new Set());
      else if (char === "}" || char === "]") open.pop();
      else if (char === ":") {
        const key: string = JSON.parse(last);
        if (open.at(-1)?.has(key)) return key;
        open.at(-1)?.add(key);
      }
    }
    last = string;
  }
  return undefined;
}

/** The text, string by string, each with what stands before it. */
function* piecesOf(text: string): Generator<{ readonly outside: string; readonly string: string }> {
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : endOf(text, quote);
    yield { outside: text.slice(at, quote < 0 ? end : quote), string: quote < 0 ? "" : text.slice(quote, end) };
    at = end;
  }
}

/** Where the text goes on after the string that opens at `quote`. */
function endOf(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
}

function keysOf(value: unknown): number {
  let keys = 0;
  const waiting: unknown[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) {
      for (const child of next) if (isContainer(child)) waiting.push(child);
    } else if (isContainer(next)) {
      // `in` gives the own keys of what was parsed, without a list of them
      for (const key in next) {
        keys += 1;
        const child = next[key];
        if (isContainer(child)) waiting.push(child);
      }
    }
  }
  return keys;
}

const isContainer = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
