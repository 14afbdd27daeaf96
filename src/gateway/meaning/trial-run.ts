import type { Neighbours } from "../../search/near-tools.ts";
import type { SearchHit } from "../../search/searchable-tool.ts";
import { runInSlices } from "../../search/slices.ts";
import type { ToolIndex } from "../../search/tool-index.ts";
import type { Example } from "../../search/trial.ts";
import type { VectorTable } from "../../search/vector-table.ts";
import type { Clock } from "../../time/clock.ts";

/** Places looked at. */
const DEPTH = 20;
/** Tools near a question that are ranked together with those that have its words. */
export const NEIGHBOURS = 100;

export interface TrialRunParts {
  readonly index: ToolIndex;
  readonly table: VectorTable;
  readonly examples: readonly Example[];
  /** One an example. */
  readonly vectors: readonly Float32Array[];
  readonly clock: Clock;
}

/** Ranks all examples, as often as there are ways to; the neighbours of each are looked for once. */
export class TrialRun {
  readonly #parts: TrialRunParts;
  readonly #neighbours = new Map<number, Neighbours>();

  constructor(parts: TrialRunParts) {
    this.#parts = parts;
  }

  /** What is found for each example, by words alone or with so much weight on meaning. */
  rank(weight?: number): Promise<readonly (readonly SearchHit[])[]> {
    return runInSlices(this.#rankAll(weight), this.#parts.clock);
  }

  *#rankAll(weight: number | undefined): Generator<void, readonly (readonly SearchHit[])[]> {
    const ranked: (readonly SearchHit[])[] = [];
    for (const [at, { need }] of this.#parts.examples.entries()) {
      const neighbours = weight === undefined ? undefined : yield* this.#nearest(at);
      const near = neighbours && weight !== undefined ? { neighbours, weight } : undefined;
      ranked.push(this.#parts.index.search(need, { limit: DEPTH, near }));
      yield;
    }
    return ranked;
  }

  *#nearest(at: number): Generator<void, Neighbours | undefined> {
    const vector = this.#parts.vectors[at];
    const known = this.#neighbours.get(at);
    if (known || !vector) return known;
    const neighbours = yield* this.#parts.table.nearest(vector, { limit: NEIGHBOURS });
    this.#neighbours.set(at, neighbours);
    return neighbours;
  }
}
