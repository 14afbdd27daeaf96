import { neutralise } from "../../model/neutralise-text.ts";

const LEAST = 3;
const MOST = 5;
const LONGEST_ANSWER = 8_000;
const SHORTEST_NEED = 5;
const LONGEST_NEED = 120;
const MOST_WORDS = 16;

/**
 * Three to five needs out of what a model wrote: a JSON list, wherever it stands in the answer, or a list with one a line.
 * What is no short plain sentence is left out; undefined where too few are left.
 */
export function readExamples(answer: string): readonly string[] | undefined {
  const text = answer.slice(-LONGEST_ANSWER).replace(/^.*<\/think>/s, "");
  const needs = (jsonList(text) ?? text.split("\n").map(withoutMark)).map(tidy).filter(isNeed);
  const distinct = [...new Map(needs.map((need) => [need.toLowerCase(), need])).values()].slice(0, MOST);
  return distinct.length >= LEAST ? distinct : undefined;
}

/** The longest thing in brackets that is a list, else the first short one. */
function jsonList(text: string): readonly string[] | undefined {
  for (const pattern of [/\[.*\]/s, /\[[^[\]]*\]/]) {
    try {
      const found: unknown = JSON.parse(pattern.exec(text)?.[0] ?? "");
      if (Array.isArray(found)) return found.filter((item) => typeof item === "string");
    } catch {
      // the next one, or none
    }
  }
  return undefined;
}

/** `1. "Find a file"` as `Find a file`; lines that are no item of a list come to nothing. */
const withoutMark = (line: string): string => /^\s*(?:[-*•]|\d{1,2}[.)])\s+(.*)$/.exec(line)?.[1] ?? "";

const tidy = (need: string): string =>
  need
    .replace(/[\s\u00a0]+/g, " ")
    .trim()
    .replace(/^["'“”`*]+|["'“”`*.]+$/g, "")
    .trim();

function isNeed(need: string): boolean {
  if (need.length < SHORTEST_NEED || need.length > LONGEST_NEED) return false;
  const words = need.split(" ").length;
  return words >= 2 && words <= MOST_WORDS && neutralise(need, { multiline: false }) === need;
}
