const FIRST_MS = 1_000;
const MAX_MS = 60_000;

/**
 * Remembers how often a backend failed to start, or died soon after, and how long the next start has to wait:
 * 1 s doubling to 60 s. A first quick death is forgiven at once, since it may be the call's fault.
 */
export class StartBackoff {
  #failures = 0;
  #deaths = 0;

  /** Wait in ms after a start that failed. */
  startFailed(): number {
    this.#failures += 1;
    return waitFor(this.#failures);
  }

  /** Wait in ms after a death within the first minute. */
  diedSoon(): number {
    this.#deaths += 1;
    return this.#deaths === 1 ? 0 : waitFor(this.#deaths - 1);
  }

  startSucceeded(): void {
    this.#failures = 0;
  }

  /** Forgets everything: after a minute of good service, or on a person's word. */
  reset(): void {
    this.#failures = 0;
    this.#deaths = 0;
  }
}

const waitFor = (failures: number): number => Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1));
