import type { Row } from "../report.ts";
import { quantile, sorted } from "../statistics.ts";
import type { Scores } from "./scores.ts";

/** Scores as columns, three decimals. */
export const scoreColumns = (scores: Scores | undefined): Row => ({
  "R@1": round(scores?.recallAt1),
  "R@5": round(scores?.recallAt5),
  "R@10": round(scores?.recallAt10),
  "hit@5": round(scores?.hitAt5),
  "NDCG@10": round(scores?.ndcgAt10),
  "server R@5": round(scores?.serverRecallAt5),
});

/** Times per query as columns, in milliseconds. */
export function timeColumns(ms: readonly number[]): Row {
  const times = sorted(ms);
  const at = (share: number) => (times.length === 0 ? undefined : round(quantile(times, share)));
  return { "p50 ms": at(0.5), "p99 ms": at(0.99) };
}

const round = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.round(value * 1000) / 1000;
