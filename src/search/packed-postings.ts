import type { Generation, ServerRange } from "./generation.ts";
import { packBytes, packNumbers, unpackBytes, unpackNumbers } from "./packed-numbers.ts";

const POSTINGS_A_STEP = 16_384;

/** All posting lists one after the other. */
interface TightPostings {
  /** How many documents each term has. */
  readonly lengths: Uint32Array;
  /** How far each document is from the one before it in its list, the first from 0. */
  readonly distances: Uint32Array;
  readonly impacts: Uint8Array;
}

/** The posting lists as three lines, in pieces to be put together. */
export function* packPostings(index: Generation): Generator<void, string[]> {
  const { lengths, distances, impacts } = yield* tighten(index);
  const pieces = yield* packNumbers(lengths);
  pieces.push("\n", ...(yield* packNumbers(distances)));
  pieces.push("\n", ...(yield* packBytes(impacts)));
  return pieces;
}

/** Puts posting lists into a generation that has the documents and the terms, and lets its servers count. */
export function* unpackPostings(
  lines: Iterator<string>,
  servers: readonly Omit<ServerRange, "frequencies">[],
  index: Generation,
): Generator<void, void> {
  const lengths = yield* unpackNumbers(lines.next().value ?? "");
  const distances = yield* unpackNumbers(lines.next().value ?? "");
  const impacts = yield* unpackBytes(lines.next().value ?? "");
  const counts = new ServerCounts(servers, index.documents.length);
  index.postings.reserve(index.documents.length);
  let end = 0;
  let step = POSTINGS_A_STEP;
  for (const [term, length] of lengths.entries()) {
    const start = end;
    end += length;
    index.postings.adopt(term, distances.subarray(start, end), impacts.subarray(start, end));
    counts.add(term, index.postings.documents(term));
    if (end < step) continue;
    step = end + POSTINGS_A_STEP;
    yield;
  }
  for (const [place, server] of servers.entries()) {
    index.admitRange({ ...server, frequencies: counts.of(place) });
    if (place % 64 === 0) yield;
  }
}

function* tighten({ dictionary, postings }: Generation): Generator<void, TightPostings> {
  const lengths = new Uint32Array(dictionary.size);
  let whole = 0;
  for (let term = 0; term < lengths.length; term += 1) {
    lengths[term] = postings.end(term) - postings.start(term);
    whole += lengths[term] ?? 0;
  }
  yield;
  const tight: TightPostings = { lengths, distances: new Uint32Array(whole), impacts: new Uint8Array(whole) };
  let at = 0;
  let step = POSTINGS_A_STEP;
  for (let term = 0; term < lengths.length; term += 1) {
    tight.impacts.set(postings.impacts.subarray(postings.start(term), postings.end(term)), at);
    let last = 0;
    for (const doc of postings.documents(term)) {
      tight.distances[at] = doc - last;
      last = doc;
      at += 1;
    }
    if (at < step) continue;
    step = at + POSTINGS_A_STEP;
    yield;
  }
  return tight;
}

/** Counts how many documents of each server have each term. */
class ServerCounts {
  readonly #owners: Uint32Array;
  readonly #counts: readonly number[][];

  constructor(servers: readonly Pick<ServerRange, "first" | "end">[], documents: number) {
    this.#owners = new Uint32Array(documents);
    this.#counts = servers.map(() => []);
    for (const [place, { first, end }] of servers.entries()) this.#owners.fill(place, first, end);
  }

  /** The documents of a server stand together, and so they do in every list. */
  add(term: number, docs: Uint32Array): void {
    for (let at = 0; at < docs.length; ) {
      const start = at;
      const owner = this.#owners[docs[at] ?? 0] ?? 0;
      while (at < docs.length && this.#owners[docs[at] ?? 0] === owner) at += 1;
      this.#counts[owner]?.push(term, at - start);
    }
  }

  of(place: number): Uint32Array {
    return Uint32Array.from(this.#counts[place] ?? []);
  }
}
