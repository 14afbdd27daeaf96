import { type Point, type Trend, trendOf } from "./trend.ts";

/** Share of the points that belong to the warm-up: code is compiled, pools and histograms reach their size. */
export const WARM_UP = 0.25;
/** V8 goes on compiling what rarely runs for half an hour; before that a slope says nothing about a leak. */
export const LEAST_MINUTES = 40;
const MOST_PER_HOUR = 1;

export interface Judgement {
  /** Of all points after the warm-up. */
  readonly trend: Trend;
  /** Of the first and the last half of those. */
  readonly halves: readonly [Trend, Trend];
  readonly verdict: string;
}

/**
 * Judges MiB over seconds. What leaks goes on at its rate, what only fills up slows down: so the last half decides, and it has to
 * grow by more than 1 MiB an hour, beyond its margin.
 */
export function judge(points: readonly Point[]): Judgement {
  const settled = points.slice(Math.floor(points.length * WARM_UP));
  const middle = Math.floor(settled.length / 2);
  const halves = [trendOf(settled.slice(0, middle)), trendOf(settled.slice(middle))] as const;
  return { trend: trendOf(settled), halves, verdict: verdictOn((points.at(-1)?.[0] ?? 0) / 60, halves) };
}

function verdictOn(minutes: number, [early, late]: Judgement["halves"]): string {
  if (minutes < LEAST_MINUTES || Number.isNaN(late.margin)) return `too short a run to tell: that takes ${LEAST_MINUTES} minutes`;
  if ((late.slope - late.margin) * 3_600 > MOST_PER_HOUR) return "it grows";
  if ((late.slope + late.margin) * 3_600 <= MOST_PER_HOUR) return "it does not grow";
  return late.slope < early.slope ? "no growth shown, and it slows down" : "no growth shown, but not ruled out either";
}
