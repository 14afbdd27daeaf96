/** Counts, for the documents of one server, how many have each term. */
export class TermCounts {
  #counts = new Uint32Array(1 << 12);
  #terms: number[] = [];

  add(term: number): void {
    if (term >= this.#counts.length) this.#grow(term);
    const count = this.#counts[term] ?? 0;
    if (count === 0) this.#terms.push(term);
    this.#counts[term] = count + 1;
  }

  /** Term, count, term, count, and so on; everything is forgotten afterwards. */
  take(): Uint32Array {
    const flat = new Uint32Array(this.#terms.length * 2);
    for (const [at, term] of this.#terms.entries()) {
      flat[at * 2] = term;
      flat[at * 2 + 1] = this.#counts[term] ?? 0;
    }
    this.clear();
    return flat;
  }

  clear(): void {
    for (const term of this.#terms) this.#counts[term] = 0;
    this.#terms = [];
  }

  #grow(term: number): void {
    const counts = new Uint32Array(term * 2);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}
