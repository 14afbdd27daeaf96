import { readNumbers } from "./packed-numbers.ts";

/** The posting lists of all terms one after the other, without room to grow: how they are stored, and left until wanted. */
export class TightPostings {
  /** How many documents each term has. */
  readonly lengths: Uint32Array;
  readonly impacts: Uint8Array;
  /** How far each document is from the one before it in its list, the first from 0; as `packNumbers` writes them. */
  readonly #distances: Uint8Array;
  /** Where each list ends in `impacts`, and where in `#distances`. */
  readonly #ends: Uint32Array;
  readonly #byteEnds: Uint32Array;

  /** `sizes`: how many bytes of `distances` each term has. */
  constructor(lengths: Uint32Array, sizes: Uint32Array, distances: Uint8Array, impacts: Uint8Array) {
    this.lengths = lengths;
    this.impacts = impacts;
    this.#distances = distances;
    this.#ends = endsOf(lengths);
    this.#byteEnds = endsOf(sizes);
  }

  /** Where a term's list begins in `impacts`, and one past where it ends; empty for a term that is not there. */
  span(term: number): readonly [number, number] {
    return spanOf(this.#ends, term);
  }

  /** Writes the documents of a term into `docs`, which is as long as its list. */
  readDocuments(term: number, docs: Uint32Array): void {
    readNumbers(this.#distances.subarray(...spanOf(this.#byteEnds, term)), docs, 0);
    for (let at = 1; at < docs.length; at += 1) docs[at] = (docs[at] ?? 0) + (docs[at - 1] ?? 0);
  }
}

function endsOf(lengths: Uint32Array): Uint32Array {
  const ends = new Uint32Array(lengths.length);
  let end = 0;
  for (let at = 0; at < lengths.length; at += 1) {
    end += lengths[at] ?? 0;
    ends[at] = end;
  }
  return ends;
}

const spanOf = (ends: Uint32Array, at: number): readonly [number, number] =>
  at < ends.length ? [at === 0 ? 0 : (ends[at - 1] ?? 0), ends[at] ?? 0] : [0, 0];
