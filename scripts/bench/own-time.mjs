// @ts-check
// The same two as in process-figures.ts, for programs that run without a loader for TypeScript.
import { readFileSync } from "node:fs";

/** The time in ms, the same in every process of the machine. */
export function machineMs() {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** How long the main thread was ready to run, so far, while others had the CPU, in ms; NaN without Linux /proc. */
export function waitedMs() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[1]) / 1e6;
  } catch {
    return Number.NaN;
  }
}
