import type { ProgressUpdate } from "../../model/call.ts";

/** Smallest step by which progress grows where a backend repeats itself. */
const STEP = 1e-6;

/** Passes progress on to the host in order, strictly increasing as the protocol demands. */
export class ProgressRelay {
  readonly #notify: (update: ProgressUpdate) => Promise<void>;
  #last = Number.NEGATIVE_INFINITY;
  #sent: Promise<void> | undefined;

  constructor(notify: (update: ProgressUpdate) => Promise<void>) {
    this.#notify = notify;
  }

  pass(update: ProgressUpdate): void {
    this.#last = Math.max(update.progress, this.#last + STEP);
    // lines are handed over in their order, so the last one speaks for all; a host that left needs no progress
    this.#sent = this.#notify({ ...update, progress: this.#last }).catch(() => undefined);
  }

  /** Whether there is anything to settle. */
  get isBusy(): boolean {
    return this.#sent !== undefined;
  }

  /**
   * Resolves when every line has been handed over and a turn has passed: SDK hosts handle notifications a microtask later
   * than responses, so a result right behind a progress line would swallow it.
   */
  async settled(): Promise<void> {
    if (!this.#sent) return;
    await this.#sent;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
