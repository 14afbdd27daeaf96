import type { Dictionary } from "./dictionary.ts";
import type { TermFrequencies } from "./term-frequencies.ts";
import { bitCount } from "./word-sketch.ts";

const SHORTEST = 4;
const LONG = 8;

interface Neighbour {
  readonly term: number;
  readonly text: string;
  readonly edits: number;
  readonly count: number;
}

/**
 * The known stem, in at least `leastTools` tools, that a mistyped one most likely means: same first letter, one edit away (two from eight letters on); of several
 * the nearest, then the one in most tools, then the first in the alphabet. `undefined` when nothing is near.
 */
export function nearestStem(
  stemmed: string,
  dictionary: Dictionary,
  frequencies: TermFrequencies,
  leastTools: number,
): number | undefined {
  if (stemmed.length < SHORTEST) return undefined;
  const most = stemmed.length >= LONG ? 2 : 1;
  const letters = lettersOf(stemmed);
  let best: Neighbour | undefined;
  for (let length = stemmed.length - most; length <= stemmed.length + most; length += 1) {
    for (const term of dictionary.neighbours(stemmed.charAt(0), length)) {
      const count = frequencies.of(term);
      if (count < leastTools) continue;
      const text = dictionary.text(term);
      if (bitCount(letters ^ lettersOf(text)) > 2 * most) continue; // an edit takes one letter away and brings one, at most
      const edits = editDistance(stemmed, text, best?.edits ?? most);
      if (edits === undefined) continue;
      const neighbour = { term, text, edits, count };
      if (!best || isNearer(neighbour, best)) best = neighbour;
    }
  }
  return best?.term;
}

/** Which letters of a-z a word has, a bit each. */
function lettersOf(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at += 1) letters |= 1 << (word.charCodeAt(at) - 97);
  return letters;
}

function isNearer(a: Neighbour, b: Neighbour): boolean {
  if (a.edits !== b.edits) return a.edits < b.edits;
  return a.count !== b.count ? a.count > b.count : a.text < b.text;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words, or undefined when more than `most`. */
export function editDistance(a: string, b: string, most: number): number | undefined {
  if (Math.abs(a.length - b.length) > most) return undefined;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, (beforeLast[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    if (Math.min(...row) > most) return undefined;
    beforeLast = last;
    last = row;
  }
  const edits = last[b.length] ?? 0;
  return edits <= most ? edits : undefined;
}
