import { Buffer } from "node:buffer";

/** Where a text may end, the best first; each is searched for in the last part of what fits. */
const BOUNDARIES = ["\n\n", "\n", ". ", " ", ","].map((boundary) => Buffer.from(boundary));
/** How much of what fits may be given up for a better boundary. */
const GIVEN_UP = 0.2;

/**
 * Where to cut a text, given as UTF-8, that goes on from `from`: the end of what takes at most `bytes`, moved back to a paragraph,
 * line, sentence or word if one ends near; never inside a character, and always at least one character on.
 */
export function cutAt(text: Buffer, from: number, bytes: number): number {
  const end = endWithin(text, from, bytes);
  if (end === text.length) return end;
  const least = Math.max(from + 1, end - Math.floor((end - from) * GIVEN_UP));
  const last = text.subarray(least, end); // a search back in the whole text would not stop here
  for (const boundary of BOUNDARIES) {
    const at = last.lastIndexOf(boundary);
    if (at !== -1) return least + at + boundary.length;
  }
  return end;
}

function endWithin(text: Buffer, from: number, bytes: number): number {
  if (text.length - from <= bytes) return text.length;
  let end = from + Math.max(1, bytes);
  while (end > from && isInside(text, end)) end -= 1;
  if (end > from) return end;
  for (end = from + 1; isInside(text, end); ) end += 1; // a single character that takes more
  return end;
}

/** Whether a character goes on there. */
const isInside = (text: Buffer, at: number): boolean => ((text[at] ?? 0) & 0xc0) === 0x80;
