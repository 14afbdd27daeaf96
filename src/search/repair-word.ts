import type { Generation } from "./generation.ts";
import { stem } from "./stem.ts";
import { synonymsOf } from "./synonyms.ts";
import { nearestStem } from "./typos.ts";
import { WEIGHTS } from "./weights.ts";

const SHORTEST_WORD = 5;
const SHORTEST_PART = 3;
/** Both parts of a word written as one must be in more tools than this. */
const RARE = 3;

export interface RepairedWord {
  readonly word: string;
  /** How far it may be believed, 0 to 1. */
  readonly trust: number;
}

/** What a word that is in at most one tool may mean: two known words written as one, or a known word mistyped. */
export function repairWord(word: string, index: Generation): readonly RepairedWord[] {
  if (word.length < SHORTEST_WORD || !/^[a-z]+$/.test(word)) return [];
  const stemmed = stem(word);
  const count = countOf(stemmed, index);
  if (count > 1) return [];
  const parts = splitWord(word, index);
  if (parts.length > 0) return parts.map((part) => ({ word: part, trust: WEIGHTS.compound }));
  if (count > 0 || synonymsOf(stemmed).length > 0) return [];
  const near = nearestStem(stemmed, index.dictionary, index.frequencies);
  return near === undefined ? [] : [{ word: index.dictionary.text(near), trust: WEIGHTS.typo }];
}

function splitWord(word: string, index: Generation): readonly string[] {
  for (let at = SHORTEST_PART; at <= word.length - SHORTEST_PART; at += 1) {
    const parts = [word.slice(0, at), word.slice(at)];
    if (parts.every((part) => countOf(stem(part), index) > RARE)) return parts;
  }
  return [];
}

function countOf(stemmed: string, index: Generation): number {
  const term = index.dictionary.find(stemmed);
  return term === undefined ? 0 : index.frequencies.of(term);
}
