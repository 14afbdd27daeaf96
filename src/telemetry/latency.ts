/** Exact up to here, in microseconds; beyond, each doubling is cut into this many equal steps. */
const STEPS = 32;
const STEP_BITS = Math.log2(STEPS);
/** 35 minutes: what takes longer is counted as that. */
const LONGEST_US = 2 ** 31 - 1;
const SIZE = indexOf(LONGEST_US) + 1;
const US_PER_MS = 1_000;

/** How far a quantile may be from the exact one: this share of it, or a microsecond where that is more. */
export const QUANTILE_ERROR = 1 / (2 * STEPS);

/** The usual figures of many durations, in ms. */
export interface LatencyView {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * Durations, counted by size in log-linear steps as HdrHistogram (Gil Tene) does it: any quantile within 1.6 % from 3.5 KiB,
 * however many there were. Recording is two additions in fixed arrays.
 */
export class Latency {
  readonly #counts = new Uint32Array(SIZE);
  /** The same by doublings: a quantile is looked for here first, so that it costs some 60 steps and not 900. */
  readonly #sums = new Uint32Array(SIZE / STEPS);
  #count = 0;
  #maxMs = 0;

  /** The duration that a share (0 to 1) of all that were counted here and there does not exceed, in ms; undefined for none. */
  static quantile(parts: readonly Latency[], share: number): number | undefined {
    const count = Latency.count(parts);
    if (count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(share * count));
    const doubling = seek(
      parts.map((part) => part.#sums),
      0,
      rank,
    );
    const step = seek(
      parts.map((part) => part.#counts),
      doubling.at * STEPS,
      doubling.rank,
    );
    return Math.min(middleOf(step.at) / US_PER_MS, maxOf(parts));
  }

  static count(parts: readonly Latency[]): number {
    return parts.reduce((sum, part) => sum + part.#count, 0);
  }

  /** Of everything that was counted here and there; undefined where that is nothing. */
  static view(parts: readonly Latency[]): LatencyView | undefined {
    const count = Latency.count(parts);
    if (count === 0) return undefined;
    const at = (share: number) => rounded(Latency.quantile(parts, share) ?? 0);
    return { count, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: rounded(maxOf(parts)) };
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  record(ms: number): void {
    const index = indexOf(Math.min(Math.max(0, ms * US_PER_MS), LONGEST_US) | 0);
    const doubling = index >>> STEP_BITS;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sums[doubling] = (this.#sums[doubling] ?? 0) + 1;
    this.#count += 1;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#sums.fill(0);
    this.#count = 0;
    this.#maxMs = 0;
  }

  /** Undefined where there are none. */
  view(): LatencyView | undefined {
    return Latency.view([this]);
  }
}

/** The first place from `from` on that the one of this rank is counted in, and its rank there. */
function seek(columns: readonly Uint32Array[], from: number, rank: number): { readonly at: number; readonly rank: number } {
  const last = (columns[0]?.length ?? 0) - 1;
  let [at, left] = [from, rank];
  for (let here = sumAt(columns, at); here < left && at < last; here = sumAt(columns, at)) {
    left -= here;
    at += 1;
  }
  return { at, rank: left };
}

function sumAt(columns: readonly Uint32Array[], at: number): number {
  let sum = 0;
  for (const column of columns) sum += column[at] ?? 0;
  return sum;
}

const maxOf = (parts: readonly Latency[]): number => parts.reduce((max, part) => Math.max(max, part.maxMs), 0);

/** Whole microseconds to their step: by themselves at first, then by their highest bits. */
function indexOf(us: number): number {
  if (us < STEPS) return us;
  const doublings = 31 - Math.clz32(us) - STEP_BITS;
  return doublings * STEPS + (us >>> doublings);
}

/** The middle of a step, in microseconds. */
function middleOf(index: number): number {
  const doublings = Math.max(0, Math.floor(index / STEPS) - 1);
  return (index - doublings * STEPS + 0.5) * 2 ** doublings;
}

const rounded = (ms: number): number => Math.round(ms * US_PER_MS) / US_PER_MS;
