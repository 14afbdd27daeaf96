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
 * Durations, counted by size in log-linear steps as HdrHistogram (Gil Tene) does it: any quantile within 1.6 % from 3.4 KiB,
 * however many there were. Recording is one addition in a fixed array.
 */
export class Latency {
  readonly #counts = new Uint32Array(SIZE);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  record(ms: number): void {
    const index = indexOf(Math.min(Math.max(0, ms * US_PER_MS), LONGEST_US) | 0);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** Adds everything another one has counted. */
  add(other: Latency): void {
    for (let index = 0; index < SIZE; index += 1) {
      this.#counts[index] = (this.#counts[index] ?? 0) + (other.#counts[index] ?? 0);
    }
    this.#count += other.#count;
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxMs = 0;
  }

  /** The duration that a share of them (0 to 1) does not exceed, in ms; undefined where there are none. */
  quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let index = 0; index < SIZE; index += 1) {
      seen += this.#counts[index] ?? 0;
      if (seen >= rank) return Math.min(middleOf(index) / US_PER_MS, this.#maxMs);
    }
    return this.#maxMs;
  }

  /** Undefined where there are none. */
  view(): LatencyView | undefined {
    if (this.#count === 0) return undefined;
    const at = (share: number) => rounded(this.quantile(share) ?? 0);
    return { count: this.#count, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: rounded(this.#maxMs) };
  }
}

/** One that holds what all of them have counted. */
export function sumOf(parts: Iterable<Latency | undefined>): Latency {
  const sum = new Latency();
  for (const part of parts) if (part) sum.add(part);
  return sum;
}

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
