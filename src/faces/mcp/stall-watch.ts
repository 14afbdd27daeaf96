import type { Clock, Timer } from "../../time/clock.ts";

const POLL_MS = 1_000;

export interface StallWatchOptions {
  readonly clock: Clock;
  /** How long nothing may move before it counts as a stall. */
  readonly stallMs: number;
  /** A figure that grows as long as something moves. */
  readonly progress: () => number;
  /** Called every second in which nothing moved. */
  readonly onStill: () => void;
  /** Called once nothing has moved for `stallMs`. */
  readonly onStalled: () => void;
}

/** Tells a slow reader from one that stopped reading; watches from its making until it is disposed of. */
export class StallWatch implements Disposable {
  readonly #options: StallWatchOptions;
  #progress: number;
  #since: number;
  #timer: Timer;

  constructor(options: StallWatchOptions) {
    this.#options = options;
    this.#progress = options.progress();
    this.#since = options.clock.now();
    this.#timer = this.#nextPoll();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #nextPoll(): Timer {
    return this.#options.clock.after(POLL_MS, () => this.#poll());
  }

  #poll(): void {
    const { clock, stallMs, progress, onStill, onStalled } = this.#options;
    const now = progress();
    if (now !== this.#progress) {
      this.#progress = now;
      this.#since = clock.now();
    } else if (clock.now() - this.#since >= stallMs) {
      onStalled();
      return;
    } else onStill();
    this.#timer = this.#nextPoll();
  }
}
