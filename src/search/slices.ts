import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../time/clock.ts";

const SLICE_MS = 4;

/** Runs long work step by step and lets the event loop turn every 4 ms; gives back what the work returns. */
export async function runInSlices<T>(work: Iterator<unknown, T>, clock: Clock): Promise<T> {
  for (;;) {
    const until = clock.now() + SLICE_MS;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (clock.now() < until);
    await nextTurn();
  }
}
