import type { Generation } from "./generation.ts";
import { LONGEST_NUMBER, packBytes, packWords, unpackBytes, unpackWords, writeNumbers } from "./packed-numbers.ts";
import { TightPostings } from "./tight-postings.ts";

const POSTINGS_A_STEP = 16_384;

/** The posting lists as four lines, in pieces to be put together. */
export function* packPostings(index: Generation): Generator<void, string[]> {
  const lengths = Uint32Array.from({ length: index.dictionary.size }, (_, term) => index.postings.documents(term).length);
  const { sizes, distances, impacts } = yield* tighten(index, lengths);
  const pieces = yield* packWords(lengths);
  pieces.push("\n", ...(yield* packWords(sizes)));
  pieces.push("\n", ...(yield* packBytes(distances)));
  pieces.push("\n", ...(yield* packBytes(impacts)));
  return pieces;
}

/** The posting lists behind such lines. */
export function* unpackPostings(lines: Iterator<string>): Generator<void, TightPostings> {
  const lengths = yield* unpackWords(lines.next().value ?? "");
  const sizes = yield* unpackWords(lines.next().value ?? "");
  const distances = yield* unpackBytes(lines.next().value ?? "");
  const impacts = yield* unpackBytes(lines.next().value ?? "");
  return new TightPostings(lengths, sizes, distances, impacts);
}

function* tighten({ postings }: Generation, lengths: Uint32Array) {
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  const sizes = new Uint32Array(lengths.length);
  const impacts = new Uint8Array(whole);
  let distances = new Uint8Array(whole + LONGEST_NUMBER);
  let at = 0;
  let used = 0;
  let step = POSTINGS_A_STEP;
  for (const [term, length] of lengths.entries()) {
    const list = postings.span(term);
    impacts.set(list.impacts.subarray(list.start, list.stop), at);
    at += length;
    if (used + length * LONGEST_NUMBER > distances.length) distances = grown(distances, used + length * LONGEST_NUMBER);
    sizes[term] = writeNumbers(distancesOf(list.docs.subarray(list.start, list.stop)), distances.subarray(used));
    used += sizes[term] ?? 0;
    if (at < step) continue;
    step = at + POSTINGS_A_STEP;
    yield;
  }
  return { sizes, distances: distances.subarray(0, used), impacts };
}

/** How far each document is from the one before it, the first from 0. */
const distancesOf = (docs: Uint32Array): Uint32Array => docs.map((doc, at) => doc - (at === 0 ? 0 : (docs[at - 1] ?? 0)));

function grown(bytes: Uint8Array<ArrayBuffer>, least: number): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(Math.max(least, Math.ceil(bytes.length * 1.5)));
  longer.set(bytes);
  return longer;
}
