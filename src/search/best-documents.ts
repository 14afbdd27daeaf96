import { compareText } from "./compare-text.ts";
import type { Generation } from "./generation.ts";

/** Picks the documents with the highest scores; equal scores go by server, then tool, never by document number. */
export class BestDocuments {
  readonly #index: Generation;
  readonly #scores: Float64Array;
  readonly #most: number;
  /** A heap with the last of the best at its root. */
  readonly #heap: number[] = [];

  constructor(index: Generation, scores: Float64Array, most: number) {
    this.#index = index;
    this.#scores = scores;
    this.#most = most;
  }

  /** The best of `docs`, in no order; `admits` is asked only about documents that would get in. */
  pick(docs: Uint32Array, admits: (doc: number) => boolean): readonly number[] {
    const scores = this.#scores;
    let least = Number.NEGATIVE_INFINITY; // the score to beat once the heap is full
    for (const doc of docs) {
      if ((scores[doc] ?? 0) < least) continue;
      const full = this.#heap.length === this.#most;
      if (full && !this.#isBefore(doc, this.#heap[0] ?? 0)) continue;
      if (!admits(doc)) continue;
      if (full) this.#replaceLast(doc);
      else this.#add(doc);
      if (this.#heap.length === this.#most) least = scores[this.#heap[0] ?? 0] ?? 0;
    }
    return this.#heap;
  }

  #isBefore(a: number, b: number): boolean {
    const lead = (this.#scores[a] ?? 0) - (this.#scores[b] ?? 0);
    return lead > 0 || (lead === 0 && this.#compareNames(a, b) < 0);
  }

  #compareNames(a: number, b: number): number {
    const servers = compareText(this.#index.owner(a)?.server ?? "", this.#index.owner(b)?.server ?? "");
    return servers || compareText(this.#index.documents.tool(a), this.#index.documents.tool(b));
  }

  #add(doc: number): void {
    const heap = this.#heap;
    let at = heap.push(doc) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] ?? 0;
      if (!this.#isBefore(above, doc)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = doc;
  }

  #replaceLast(doc: number): void {
    const heap = this.#heap;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && this.#isBefore(heap[child] ?? 0, heap[child + 1] ?? 0)) child += 1;
      const below = heap[child] ?? 0;
      if (!this.#isBefore(doc, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = doc;
  }
}
