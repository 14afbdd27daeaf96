export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Exponential delays: first, twice that, and so on up to the maximum; `next()` gives the delay before the coming attempt. */
export class Backoff {
  readonly #options: BackoffOptions;
  #attempt = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  next(): number {
    const ms = Math.min(this.#options.maxMs, this.#options.firstMs * 2 ** this.#attempt);
    this.#attempt += 1;
    return ms;
  }

  reset(): void {
    this.#attempt = 0;
  }
}
