import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../time/clock.ts";

/** Of work somebody waits for: a turn can be long, so it should not take many. */
const SLICE_MS = 4;
/** Of work in the background: a collection of what it leaves behind may come on top. */
const BACKGROUND_SLICE_MS = 2;

/** Runs long work step by step from the next turn of the event loop on, letting it turn every 2 ms; gives back what the work returns. */
export async function runInSlices<T>(work: Iterator<void, T>, clock: Clock): Promise<T> {
  await nextTurn();
  return await run(work, clock, BACKGROUND_SLICE_MS);
}

/** The same from now on and in slices of 4 ms, for work that somebody waits for and that mostly takes one of them. */
export const runFromNow = <T>(work: Iterator<void, T>, clock: Clock): Promise<T> => run(work, clock, SLICE_MS);

async function run<T>(work: Iterator<void, T>, clock: Clock, sliceMs: number): Promise<T> {
  for (;;) {
    const last = runForOneSlice(work, clock, sliceMs);
    if (last) return last.value;
    await nextTurn();
  }
}

/** Runs work for so long at most, or one step where that takes longer; gives back its end, if it came to it. */
export function runForOneSlice<T>(
  work: Iterator<void, T>,
  clock: Clock,
  sliceMs: number = SLICE_MS,
): IteratorReturnResult<T> | undefined {
  const until = clock.now() + sliceMs;
  do {
    const step = work.next();
    if (step.done) return step;
  } while (clock.now() < until);
  return undefined;
}
