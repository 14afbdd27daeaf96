/** Upper bounds in seconds, those of the OpenTelemetry conventions for MCP. */
export const BOUNDS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] as const;
const BOUNDS_MS: readonly number[] = BOUNDS_S.map((seconds) => seconds * 1_000);

/** Durations counted in fixed buckets, as Prometheus wants them. */
export class Durations {
  /** How many fell into each bucket alone; the last one has no bound. */
  readonly #counts = new Uint32Array(BOUNDS_MS.length + 1);
  #count = 0;
  #sumMs = 0;

  get count(): number {
    return this.#count;
  }

  get sumSeconds(): number {
    return this.#sumMs / 1_000;
  }

  record(ms: number): void {
    let bucket = 0;
    while (ms > (BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#sumMs += ms;
  }

  /** How many took no longer than each of the bounds. */
  cumulative(): readonly number[] {
    let sum = 0;
    return BOUNDS_MS.map((_bound, bucket) => {
      sum += this.#counts[bucket] ?? 0;
      return sum;
    });
  }
}
