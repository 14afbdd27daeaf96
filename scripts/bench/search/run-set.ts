import type { OpenEngine } from "./engine.ts";
import type { Address, LabelledQuery } from "./labelled-set.ts";

const RANKED = 20;

/** What an engine answered to a set of queries, and how long each answer took. */
export interface Run {
  readonly ranked: readonly (readonly Address[])[];
  readonly ms: readonly number[];
}

/** Asks every query once unmeasured, so that nothing measured is the compiler warming up, and once measured. */
export async function runSet(engine: OpenEngine, queries: readonly LabelledQuery[]): Promise<Run> {
  for (const { query } of queries) await engine.search(query, RANKED);
  const ranked: (readonly Address[])[] = [];
  const ms: number[] = [];
  for (const { query } of queries) {
    const began = performance.now();
    const hits = await engine.search(query, RANKED);
    ms.push(performance.now() - began);
    ranked.push(hits.map(({ server, tool }) => ({ server, tool })));
  }
  return { ranked, ms };
}
