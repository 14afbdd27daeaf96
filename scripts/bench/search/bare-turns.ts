import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { median } from "../statistics.ts";

const WORDS = Array.from({ length: 40 }, (_, at) => `word ${(at * 7_919) % 1_000}`);
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

/** Strings, hashing, sorting and some garbage: what reading text does, too. */
function work(units: number): number {
  let sum = 0;
  for (let unit = 0; unit < units; unit += 1) {
    const counts = new Map<string, number>();
    for (const word of WORDS) counts.set(`${word}${unit}`, (counts.get(word) ?? 0) + 1);
    sum += [...counts.keys()].sort().length;
  }
  return sum;
}
