import type { Clock, Timer } from "../../../src/time/clock.ts";

/** A clock that moves only by hand. */
export class HandClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Timer {
    const entry = { at: this.#now + ms, run };
    this.#timers.add(entry);
    const timer: Timer = { unref: () => timer, [Symbol.dispose]: () => void this.#timers.delete(entry) };
    return timer;
  }

  /** Moves on in steps of one second, letting everything due happen in between. */
  async pass(ms: number): Promise<void> {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now = Math.min(end, this.#now + 1_000);
      for (const entry of [...this.#timers].filter(({ at }) => at <= this.#now)) {
        this.#timers.delete(entry);
        entry.run();
      }
      await new Promise(setImmediate);
    }
  }
}
