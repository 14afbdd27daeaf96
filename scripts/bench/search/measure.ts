import type { Engine, OpenEngine } from "./engine.ts";
import type { CorpusTool } from "./labelled-set.ts";

/** An engine with a corpus in it, and what that took. */
export interface Measured {
  readonly engine: OpenEngine | undefined;
  readonly buildMs: number;
  /** What the process holds more than before, JavaScript heap and typed arrays, in MiB; undefined where that cannot be told. */
  readonly heldMib: number | undefined;
}

/** Opens an engine on a corpus and measures it. */
export async function measure(engine: Engine, corpus: readonly CorpusTool[]): Promise<Measured> {
  const before = heldBytes();
  const began = performance.now();
  const open = await engine.open(corpus);
  const buildMs = performance.now() - began;
  const canTell = globalThis.gc !== undefined && engine.isNative !== true;
  return { engine: open, buildMs, heldMib: canTell ? Math.round((heldBytes() - before) / 2 ** 20) : undefined };
}

/** After several collections, since one leaves behind what the last build only just let go. */
function heldBytes(): number {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
