import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { work } from "../busy-work.mjs";
import { median } from "../statistics.ts";

const SLICE_MS = 2;
const LOOKS = 100;
const MOST_MS = 3_000;

/**
 * The longest turn, in ms, of a loop that does the same fixed work in every turn, usually 2 ms of it, for so long (at most three seconds):
 * what the machine makes of a slice as the index is built in, at worst.
 */
export async function longestBareTurn(forMs: number): Promise<number> {
  const units = unitsOf(SLICE_MS);
  const turns = monitorEventLoopDelay({ resolution: 1 });
  turns.enable();
  const until = performance.now() + Math.min(forMs, MOST_MS);
  while (performance.now() < until) {
    work(units);
    await nextTurn();
  }
  turns.disable();
  return turns.max / 1e6;
}

function unitsOf(ms: number): number {
  const each = Array.from({ length: LOOKS }, () => {
    const began = performance.now();
    work(10);
    return (performance.now() - began) / 10;
  });
  return Math.max(1, Math.round(ms / median(each)));
}
