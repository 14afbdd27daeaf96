import type { Concept, Stand } from "./concepts.ts";
import { FULL_IMPACT, type PostingLists } from "./posting-lists.ts";
import { WEIGHTS } from "./weights.ts";

interface DocumentRange {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

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
    for (const doc of this.touched) {
      this.#scores[doc] = 0;
      this.#covered[doc] = 0;
      this.#stamps[doc] = 0;
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
  #addStand(stand: Stand, stamp: number, cover: number, postings: PostingLists, { first, end }: DocumentRange): void {
    const scores = this.#scores;
    const best = this.#best;
    const stamps = this.#stamps;
    const { docs, impacts } = postings;
    const factor = (stand.worth * (WEIGHTS.saturation + 1)) / FULL_IMPACT;
    const stop = postings.end(stand.term);
    for (let at = postings.start(stand.term); at < stop; at += 1) {
      const doc = docs[at] ?? 0;
      if (doc < first || doc >= end) continue;
      const worth = factor * (impacts[at] ?? 0);
      const isNew = stamps[doc] !== stamp;
      const known = isNew ? 0 : (best[doc] ?? 0);
      if (isNew) this.#meet(doc, stamp, cover);
      if (worth <= known) continue;
      scores[doc] = (scores[doc] ?? 0) + worth - known;
      best[doc] = worth;
    }
  }

  /** Notes that a document has the concept. */
  #meet(doc: number, stamp: number, cover: number): void {
    if (this.#stamps[doc] === 0) {
      this.#touched[this.#touchedCount] = doc;
      this.#touchedCount += 1;
    }
    this.#stamps[doc] = stamp;
    this.#best[doc] = 0;
    this.#covered[doc] = (this.#covered[doc] ?? 0) + cover;
  }

  /** Whoever has a form of the word has its stem too, so a form only adds. */
  #addForm(form: Stand, postings: PostingLists, { first, end }: DocumentRange): void {
    const factor = (form.worth * (WEIGHTS.saturation + 1)) / FULL_IMPACT;
    const stop = postings.end(form.term);
    for (let at = postings.start(form.term); at < stop; at += 1) {
      const doc = postings.docs[at] ?? 0;
      if (doc >= first && doc < end) this.#scores[doc] = (this.#scores[doc] ?? 0) + factor * (postings.impacts[at] ?? 0);
    }
  }
}
