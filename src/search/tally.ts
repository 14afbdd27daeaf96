import type { Concept, Stand } from "./concepts.ts";
import { FULL_IMPACT, type PostingLists, type Span } from "./posting-lists.ts";
import { WEIGHTS } from "./weights.ts";

interface DocumentRange {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

/** Beyond this share of all documents it is quicker to wipe every score than those that were touched. */
const CROWDED = 0.1;

/** Adds up what the concepts of one query are worth to every document; one tally serves query after query. */
export class Tally {
  #scores = new Float64Array(0);
  #covered = new Float32Array(0);
  #touched = new Uint32Array(0);
  #touchedCount = 0;
  /** The best stand of the concept at hand, valid where `#stamps` bears that concept's number. */
  #best = new Float32Array(0);
  #stamps = new Uint8Array(0);

  /** Scores of the last count, by document. */
  get scores(): Float64Array {
    return this.#scores;
  }

  /** What each document covers of the query: the sum of the worth of the concepts it has. */
  get covered(): Float32Array {
    return this.#covered;
  }

  /** The documents that have a score. */
  get touched(): Uint32Array {
    return this.#touched.subarray(0, this.#touchedCount);
  }

  /** Scores the documents of a range. */
  count(concepts: readonly Concept[], postings: PostingLists, range: DocumentRange): void {
    this.#clear();
    this.#reserve(range.end);
    concepts.forEach((concept, at) => {
      for (const stand of concept.stands) this.#addStand(stand, at + 1, concept.worth * stand.cover, postings, range);
      for (const form of concept.forms) this.#addForm(form, postings, range);
    });
  }

  #clear(): void {
    const { length } = this.#scores;
    if (this.#touchedCount > length * CROWDED) {
      this.#scores.fill(0);
      this.#covered.fill(0);
      this.#stamps.fill(0);
    } else {
      for (const doc of this.touched) {
        this.#scores[doc] = 0;
        this.#covered[doc] = 0;
        this.#stamps[doc] = 0;
      }
    }
    this.#touchedCount = 0;
  }

  #reserve(documents: number): void {
    if (this.#scores.length >= documents) return;
    const size = Math.ceil(documents * 1.25);
    this.#scores = new Float64Array(size);
    this.#covered = new Float32Array(size);
    this.#touched = new Uint32Array(size);
    this.#best = new Float32Array(size);
    this.#stamps = new Uint8Array(size);
  }

  /** Of the stands of a concept that a document has only the best counts: synonyms do not add up. */
  #addStand(stand: Stand, stamp: number, cover: number, postings: PostingLists, range: DocumentRange): void {
    const scores = this.#scores;
    const covered = this.#covered;
    const best = this.#best;
    const stamps = this.#stamps;
    const factor = worthOfImpact(stand);
    const { docs, impacts, start, stop } = withinRange(stand.term, postings, range);
    for (let at = start; at < stop; at += 1) {
      const doc = docs[at] ?? 0;
      const worth = factor * (impacts[at] ?? 0);
      const last = stamps[doc] ?? 0;
      if (last !== stamp) {
        if (last === 0) this.#touch(doc);
        stamps[doc] = stamp;
        covered[doc] = (covered[doc] ?? 0) + cover;
        scores[doc] = (scores[doc] ?? 0) + worth;
        best[doc] = worth;
      } else if (worth > (best[doc] ?? 0)) {
        scores[doc] = (scores[doc] ?? 0) + worth - (best[doc] ?? 0);
        best[doc] = worth;
      }
    }
  }

  #touch(doc: number): void {
    this.#touched[this.#touchedCount] = doc;
    this.#touchedCount += 1;
  }

  /** Whoever has a form of the word has its stem too, so a form only adds. */
  #addForm(form: Stand, postings: PostingLists, range: DocumentRange): void {
    const scores = this.#scores;
    const factor = worthOfImpact(form);
    const { docs, impacts, start, stop } = withinRange(form.term, postings, range);
    for (let at = start; at < stop; at += 1) {
      const doc = docs[at] ?? 0;
      scores[doc] = (scores[doc] ?? 0) + factor * (impacts[at] ?? 0);
    }
  }
}

const worthOfImpact = ({ worth }: Stand): number => (worth * (WEIGHTS.saturation + 1)) / FULL_IMPACT;

/** The part of a term's list that is about documents of the range. */
function withinRange(term: number, postings: PostingLists, { first, end }: DocumentRange): Span {
  const { docs, impacts, start, stop } = postings.span(term);
  return { docs, impacts, start: firstFrom(first, docs, start, stop), stop: firstFrom(end, docs, start, stop) };
}

/** Where the first document from `doc` on stands in an ascending list. */
function firstFrom(doc: number, docs: Uint32Array, start: number, stop: number): number {
  let [low, high] = [start, stop];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((docs[middle] ?? 0) < doc) low = middle + 1;
    else high = middle;
  }
  return low;
}
