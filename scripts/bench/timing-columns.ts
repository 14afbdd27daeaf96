import type { Row } from "./report.ts";
import type { Case } from "./rounds.ts";
import { bestFifth, median, spread } from "./statistics.ts";

/** The median of its rounds' medians, in µs; NaN for a case that was not measured. */
export const p50Of = (each: Case | undefined): number => median((each?.rounds ?? []).map((round) => round.p50Micros));

/** The same of its best fifth of rounds, those with the least foreign load. */
export const bestOf = (each: Case | undefined): number => bestFifth((each?.rounds ?? []).map((round) => round.p50Micros));

/** The median of its rounds' throughput; NaN for a case that was not measured. */
export const rateOf = (each: Case | undefined): number => median((each?.rounds ?? []).map((round) => round.perSecond));

/** What every table of calls tells of a case before it compares it. */
export const timingColumns = (each: Case): Row => ({
  variant: each.variant.name,
  "in flight": String(each.inFlight),
  "p50 us": p50Of(each),
  "best 20 %": bestOf(each),
  "spread %": spread(each.rounds.map((round) => round.p50Micros)) * 100,
  "p99 us": median(each.rounds.map((round) => round.p99Micros)),
  "calls/s": rateOf(each),
});

/** What it cost, and what failed. */
export function costColumns({ rounds }: Case): Row {
  const cpu = rounds.map((round) => round.cpuMicrosPerCall).filter((value) => value !== undefined);
  return {
    "CPU us/call": cpu.length > 0 ? median(cpu) : undefined,
    errors: String(rounds.reduce((sum, round) => sum + round.errors, 0)),
  };
}
