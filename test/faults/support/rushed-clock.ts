import { type Clock, systemClock, type Timer } from "../../../src/time/clock.ts";

/** How many times faster than the machine's the rushed clock goes. */
const RUSH = 20;
/** More than this between two looks means that the process was not let run, which is no time for anyone in it. */
const LONGEST_STEP_MS = 2;

/**
 * A clock on which a second lasts 50 ms, for gateways that wait while real sockets and children do something. It stands
 * still while the machine keeps this process waiting, or limits so much shorter would pass before anyone could meet them.
 */
class RushedClock implements Clock {
  #now = 0;
  #seenAt = systemClock.now();
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor() {
    setInterval(() => this.#step(), 1).unref();
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return systemClock.wallTime();
  }

  after(ms: number, run: () => void): Timer {
    const entry = { at: this.#now + ms, run };
    this.#timers.add(entry);
    const timer: Timer = { unref: () => timer, [Symbol.dispose]: () => void this.#timers.delete(entry) };
    return timer;
  }

  #step(): void {
    const seen = systemClock.now();
    this.#now += Math.min(seen - this.#seenAt, LONGEST_STEP_MS) * RUSH;
    this.#seenAt = seen;
    const due = [...this.#timers].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const entry of due) if (this.#timers.delete(entry)) entry.run();
  }
}

export const rushedClock: Clock = new RushedClock();
