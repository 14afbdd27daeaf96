import { median } from "../statistics.ts";
import type { OpenEngine } from "./engine.ts";
import type { Address, LabelledQuery } from "./labelled-set.ts";

const RANKED = 20;
const WARM_UP = 50;
const ROUNDS = 3;
/** An engine that took longer than this for a round is not asked again: beside that, neighbours do not matter. */
const SLOW_ROUND_MS = 10_000;

/** What an engine answered to a set of queries, and how long each answer took. */
export interface Run {
  readonly ranked: readonly (readonly Address[])[];
  readonly ms: readonly number[];
}

/** Asks every query three times, after some unmeasured ones; of the three times the middle one counts, so that neighbours on the machine do not. */
export async function runSet(engine: OpenEngine, queries: readonly LabelledQuery[]): Promise<Run> {
  for (const { query } of queries.slice(0, WARM_UP)) await engine.search(query, RANKED);
  const ranked: (readonly Address[])[] = [];
  const times: number[][] = queries.map(() => []);
  const start = performance.now();
  for (let round = 0; round < ROUNDS && performance.now() - start < SLOW_ROUND_MS; round += 1) {
    for (const [at, { query }] of queries.entries()) {
      const began = performance.now();
      const hits = await engine.search(query, RANKED);
      times[at]?.push(performance.now() - began);
      ranked[at] = hits.map(({ server, tool }) => ({ server, tool }));
    }
  }
  return { ranked, ms: times.map(median) };
}
