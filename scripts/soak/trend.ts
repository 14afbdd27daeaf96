import { quantile } from "../bench/statistics.ts";

/** A straight line through points, and how far its slope may be off. */
export interface Trend {
  readonly slope: number;
  readonly intercept: number;
  /** Half the width of the 95 % confidence interval of the slope. */
  readonly margin: number;
}

export type Point = readonly [x: number, y: number];

const BLOCKS = 20;
/** Student's t for 95 % and the degrees of freedom of a line through so many blocks. */
const T_95 = 2.101;

/**
 * Least squares through the medians of 20 blocks of neighbouring points. Samples a few seconds apart resemble each other, so
 * taking each for evidence of its own would make the interval far too narrow; blocks hardly do.
 */
export function trendOf(points: readonly Point[]): Trend {
  const blocks = blocksOf(points);
  const meanX = mean(blocks.map(([x]) => x));
  const meanY = mean(blocks.map(([, y]) => y));
  const spread = blocks.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = blocks.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const intercept = meanY - slope * meanX;
  const rest = blocks.reduce((sum, [x, y]) => sum + (y - intercept - slope * x) ** 2, 0);
  return { slope, intercept, margin: T_95 * Math.sqrt(rest / (BLOCKS - 2) / spread) };
}

/** NaN for fewer points than blocks: a run too short has no trend. */
function blocksOf(points: readonly Point[]): Point[] {
  return Array.from({ length: BLOCKS }, (_, at) => {
    const edge = (block: number) => Math.floor((block * points.length) / BLOCKS);
    const block = points.slice(edge(at), edge(at + 1));
    const ys = block.map(([, y]) => y).sort((a, b) => a - b);
    return [mean(block.map(([x]) => x)), quantile(ys, 0.5)];
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
