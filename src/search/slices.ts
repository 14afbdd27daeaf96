import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../time/clock.ts";

const SLICE_MS = 4;

/** Runs long work step by step from the next turn of the event loop on, letting it turn every 4 ms; gives back what the work returns. */
export async function runInSlices<T>(work: Iterator<void, T>, clock: Clock): Promise<T> {
  await nextTurn();
  return await runFromNow(work, clock);
}

/** The same from now on, for work that somebody waits for and that mostly takes one slice: a turn can be long. */
export async function runFromNow<T>(work: Iterator<void, T>, clock: Clock): Promise<T> {
  for (;;) {
    const last = runForOneSlice(work, clock);
    if (last) return last.value;
    await nextTurn();
  }
}

/** Runs work for 4 ms at most, or one step where that takes longer; gives back its end, if it came to it. */
export function runForOneSlice<T>(work: Iterator<void, T>, clock: Clock): IteratorReturnResult<T> | undefined {
  const until = clock.now() + SLICE_MS;
  do {
    const step = work.next();
    if (step.done) return step;
  } while (clock.now() < until);
  return undefined;
}
