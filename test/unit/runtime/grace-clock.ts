import { type Clock, systemClock, type Timer } from "../../../src/time/clock.ts";

const LONG_MS = 1_000;

/** The machine's clock, but waits of a second and more end only when the test says so. */
export class GraceClock implements Clock {
  readonly #waiting: (() => void)[] = [];

  now = () => systemClock.now();
  wallTime = () => systemClock.wallTime();

  /** How many long waits are under way. */
  get waiting(): number {
    return this.#waiting.length;
  }

  after(ms: number, run: () => void): Timer {
    if (ms < LONG_MS) return systemClock.after(ms, run);
    this.#waiting.push(run);
    const timer: Timer = {
      unref: () => timer,
      [Symbol.dispose]: () => {
        const at = this.#waiting.indexOf(run);
        if (at >= 0) this.#waiting.splice(at, 1);
      },
    };
    return timer;
  }

  /** Ends the oldest long wait. */
  expire(): void {
    this.#waiting.shift()?.();
  }
}
