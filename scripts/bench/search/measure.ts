import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine, OpenEngine } from "./engine.ts";
import type { CorpusTool } from "./labelled-set.ts";

/** An engine with a corpus in it, and what that took. */
export interface Measured {
  readonly engine: OpenEngine | undefined;
  readonly buildMs: number;
  /** For how long the build kept the event loop from turning, at the longest. */
  readonly longestTurnMs: number;
  /** What the process holds more than before, JavaScript heap and typed arrays, in MiB; undefined where that cannot be told. */
  readonly heldMib: number | undefined;
}

/** Opens an engine on a corpus and measures it. */
export async function measure(engine: Engine, corpus: readonly CorpusTool[]): Promise<Measured> {
  const before = heldBytes();
  const turns = monitorEventLoopDelay({ resolution: 1 });
  turns.enable();
  await sleep(5);
  turns.reset();
  const began = performance.now();
  const open = await engine.open(corpus);
  const buildMs = performance.now() - began;
  await sleep(5); // so that the last turn is seen
  turns.disable();
  const canTell = globalThis.gc !== undefined && engine.isNative !== true;
  return {
    engine: open,
    buildMs,
    longestTurnMs: turns.max / 1e6,
    heldMib: canTell ? Math.round((heldBytes() - before) / 2 ** 20) : undefined,
  };
}

/** After several collections, since one leaves behind what the last build only just let go. */
function heldBytes(): number {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
