import type { Generation } from "./generation.ts";
import { synonymsOf } from "./synonyms.ts";
import { nearestStem } from "./typos.ts";
import { WEIGHTS } from "./weights.ts";

const SHORTEST_WORD = 4;
const SHORTEST_PART = 3;
/** In an index of this many tools a word that is in very few of them proves little. */
const MANY_TOOLS = 1000;

export interface RepairedWord {
  readonly word: string;
  /** How far it may be believed, 0 to 1. */
  readonly trust: number;
}

/** Whether a word is in no tool, and long enough to tell what else it may mean. */
export const isBroken = (word: string, index: Generation): boolean =>
  word.length >= SHORTEST_WORD && /^[a-z]+$/.test(word) && countOf(index.dictionary.stemOf(word), index) === 0;

/** What a broken word may mean: two known words written as one, or a known word mistyped. */
export function repairWord(word: string, index: Generation): readonly RepairedWord[] {
  const stemmed = index.dictionary.stemOf(word);
  const parts = splitWord(word, index);
  if (parts.length > 0) return parts.map((part) => ({ word: part, trust: WEIGHTS.compound }));
  if (synonymsOf(stemmed).length > 0) return [];
  const near = nearestStem(stemmed, index.dictionary, index.frequencies, isLarge(index) ? 2 : 1);
  return near === undefined ? [] : [{ word: index.dictionary.text(near), trust: WEIGHTS.typo }];
}

function splitWord(word: string, index: Generation): readonly string[] {
  const least = isLarge(index) ? 4 : 1;
  for (let at = SHORTEST_PART; at <= word.length - SHORTEST_PART; at += 1) {
    const parts = [word.slice(0, at), word.slice(at)];
    if (parts.every((part) => countOf(index.dictionary.stemOf(part), index) >= least)) return parts;
  }
  return [];
}

const isLarge = (index: Generation): boolean => index.frequencies.documents >= MANY_TOOLS;

function countOf(stemmed: string, index: Generation): number {
  const term = index.dictionary.find(stemmed);
  return term === undefined ? 0 : index.frequencies.of(term);
}
