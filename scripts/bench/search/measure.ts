import type { Engine, OpenEngine } from "./engine.ts";
import type { CorpusTool } from "./labelled-set.ts";

/** An engine with a corpus in it, and what that took. */
export interface Measured {
  readonly engine: OpenEngine | undefined;
  readonly buildMs: number;
  /** What the process holds more than before, JavaScript heap and typed arrays, in MiB; undefined without `--expose-gc`. */
  readonly heldMib: number | undefined;
}

/** Opens an engine on a corpus and measures it. */
export async function measure(engine: Engine, corpus: readonly CorpusTool[]): Promise<Measured> {
  const before = heldBytes();
  const began = performance.now();
  const open = await engine.open(corpus);
  const buildMs = performance.now() - began;
  return { engine: open, buildMs, heldMib: globalThis.gc ? Math.round((heldBytes() - before) / 2 ** 20) : undefined };
}

function heldBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
