/** What all bulkheads together may hold, calls at work and in queues alike. */
export class GlobalLimits {
  readonly #maxCalls: number;
  readonly #maxBytes: number;
  #calls = 0;
  #bytes = 0;

  constructor(maxCalls = 4_096, maxBytes = 64 * 2 ** 20) {
    this.#maxCalls = maxCalls;
    this.#maxBytes = maxBytes;
  }

  get calls(): number {
    return this.#calls;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a share for one call; false if there is none left. */
  tryEnter(bytes: number): boolean {
    if (this.#calls >= this.#maxCalls || this.#bytes + bytes > this.#maxBytes) return false;
    this.#calls += 1;
    this.#bytes += bytes;
    return true;
  }

  /** Gives a share back. */
  leave(bytes: number): void {
    this.#calls -= 1;
    this.#bytes -= bytes;
  }
}
