/** How cacheable calls were answered. */
export interface CacheFiguresView {
  /** Answered from the cache. */
  readonly hits: number;
  readonly misses: number;
  /** Answered by an equal call that was already under way. */
  readonly shared: number;
  /** Answered after their lifetime, since the server did not answer. */
  readonly stale: number;
  /** Hits among all cacheable calls, from 0 to 1. */
  readonly hitRate: number;
  /** What the server had taken for the answers that were served again, in ms. */
  readonly savedMs: number;
  /** Answers kept now. */
  readonly entries: number;
}

interface Counters {
  hit: number;
  miss: number;
  shared: number;
  stale: number;
  savedMs: number;
}

/** Counts, by backend, what the cache was good for. */
export class CacheFigures {
  readonly #counters = new Map<string, Counters>();

  count(backend: string, how: "hit" | "miss" | "shared" | "stale", savedMs: number): void {
    const counters = this.#counters.get(backend) ?? { hit: 0, miss: 0, shared: 0, stale: 0, savedMs: 0 };
    counters[how] += 1;
    counters.savedMs += savedMs;
    this.#counters.set(backend, counters);
  }

  forget(backend: string): void {
    this.#counters.delete(backend);
  }

  /** The sum over one backend, or over all; undefined if there is nothing to show. */
  view(backend: string | undefined, entries: number): CacheFiguresView | undefined {
    const counted = backend === undefined ? [...this.#counters.values()] : [this.#counters.get(backend) ?? []].flat();
    if (counted.length === 0) return undefined;
    const sum = (name: keyof Counters) => counted.reduce((total, counters) => total + counters[name], 0);
    const [hits, misses, shared, stale] = [sum("hit"), sum("miss"), sum("shared"), sum("stale")];
    const hitRate = Math.round((1_000 * hits) / (hits + misses + shared + stale)) / 1_000;
    return { hits, misses, shared, stale, hitRate, savedMs: Math.round(sum("savedMs")), entries };
  }
}
