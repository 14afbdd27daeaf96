/** So many texts refused one after the other are no fault of the texts. */
const MOST_IN_A_ROW = 3;

/** Looks for the texts that an endpoint will not have: a batch that is refused is asked for in halves, down to the one to blame. */
export class RefusedTexts {
  readonly #hashes = new Set<string>();
  #inARow = 0;
  #most = Number.POSITIVE_INFINITY;

  /** The most texts in the next request. */
  get most(): number {
    return this.#most;
  }

  has(hash: string): boolean {
    return this.#hashes.has(hash);
  }

  /** A batch was taken: whatever was refused before it was refused for its own sake. */
  taken(): void {
    this.#most = Number.POSITIVE_INFINITY;
    this.#inARow = 0;
  }

  /** A batch was refused; false when that is the endpoint's fault, since it refuses everything. */
  refused(hashes: readonly string[]): boolean {
    this.#most = Math.ceil(hashes.length / 2);
    if (hashes.length > 1) return true;
    this.#inARow += 1;
    if (this.#inARow > MOST_IN_A_ROW) return false;
    for (const hash of hashes) this.#hashes.add(hash);
    return true;
  }
}
