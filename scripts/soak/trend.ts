/** A straight line through points, and how far its slope may be off. */
export interface Trend {
  readonly slope: number;
  readonly intercept: number;
  /** Half the width of the 95 % confidence interval of the slope. */
  readonly margin: number;
}

/** Student's t for 95 % is within 3 % of this from 20 points on. */
const T_95 = 2.05;

/** Least squares; takes the points for independent of each other. */
export function trendOf(points: readonly (readonly [x: number, y: number])[]): Trend {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const intercept = meanY - slope * meanX;
  const rest = points.reduce((sum, [x, y]) => sum + (y - intercept - slope * x) ** 2, 0);
  return { slope, intercept, margin: T_95 * Math.sqrt(rest / (points.length - 2) / spread) };
}
