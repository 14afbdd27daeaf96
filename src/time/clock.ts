import { performance } from "node:perf_hooks";
import type { Signal } from "../model/signal.ts";
import { LONGEST_TIMER_MS, LongTimers } from "./long-timers.ts";

/** Something scheduled; disposing it before it fires takes it back. */
export interface Timer extends Disposable {
  /** Lets the process end although the timer is still waiting. */
  unref(): this;
}

/** The only source of time in the house. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary moment; never jumps with the wall clock. */
  now(): number;
  /** Wall-clock milliseconds since 1970, only for what people read and files keep. */
  wallTime(): number;
  /** Calls `run` once after `ms` milliseconds. */
  after(ms: number, run: () => void): Timer;
}

/** From here on a timer is most likely a deadline, and taken back. */
const LONG_MS = 1_000;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after: (ms, run) =>
    ms >= LONG_MS ? longTimers.add(Math.min(ms, LONGEST_TIMER_MS), run) : new SystemTimer(setTimeout(run, Math.max(0, ms))),
};

const longTimers = new LongTimers<NodeJS.Timeout>({
  now: systemClock.now,
  set: (run, ms) => setTimeout(run, ms),
  clear: (timer) => clearTimeout(timer),
});

class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;

  constructor(timeout: NodeJS.Timeout) {
    this.#timeout = timeout;
  }

  unref(): this {
    this.#timeout.unref();
    return this;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timeout);
  }
}

/** Resolves after `ms`, or rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, ms: number, signal?: Signal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
