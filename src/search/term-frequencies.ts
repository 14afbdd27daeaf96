import { WEIGHTS } from "./weights.ts";

/** In how many of the documents that count each term occurs, and how telling that makes it. */
export class TermFrequencies {
  #counts = new Uint32Array(1 << 12);
  #documents = 0;
  /** Rarities worked out since the last change; negative where not yet. */
  #rarities = new Float64Array(0);

  /** Documents that count. */
  get documents(): number {
    return this.#documents;
  }

  of(term: number): number {
    return this.#counts[term] ?? 0;
  }

  /** How telling a term is: the rarer the more (inverse document frequency as in BM25, to a power). */
  rarity(term: number): number {
    if (this.#rarities.length === 0) this.#rarities = new Float64Array(this.#counts.length).fill(-1);
    const known = this.#rarities[term] ?? -1;
    if (known >= 0) return known;
    const rarity = rarityOf(this.of(term), this.#documents);
    this.#rarities[term] = rarity;
    return rarity;
  }

  /** Takes over the counts of so many documents, by term, where none were counted yet. */
  adopt(counts: Uint32Array, documents: number): void {
    this.#counts = Uint32Array.from(counts);
    this.#documents = documents;
  }

  /** Counts the documents of a server in: term, count, term, count, and so on. */
  add(frequencies: Uint32Array, documents: number): void {
    this.#documents += documents;
    for (let at = 0; at < frequencies.length; at += 2) {
      const term = frequencies[at] ?? 0;
      if (term >= this.#counts.length) this.#grow(term);
      this.#counts[term] = (this.#counts[term] ?? 0) + (frequencies[at + 1] ?? 0);
    }
    this.#rarities = new Float64Array(0);
  }

  /** Takes them out again. */
  remove(frequencies: Uint32Array, documents: number): void {
    this.#documents -= documents;
    for (let at = 0; at < frequencies.length; at += 2) {
      const term = frequencies[at] ?? 0;
      this.#counts[term] = (this.#counts[term] ?? 0) - (frequencies[at + 1] ?? 0);
    }
    this.#rarities = new Float64Array(0);
  }

  #grow(term: number): void {
    const counts = new Uint32Array(term * 2);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}

function rarityOf(count: number, documents: number): number {
  return Math.log(1 + (documents - count + 0.5) / (count + 0.5)) ** WEIGHTS.rarityPower;
}
