import type { Clock } from "../time/clock.ts";
import type { NativeGraph, OpenGraph } from "./graph-library.ts";
import { runForOneSlice } from "./slices.ts";
import { type VectorBlock, vectorAt } from "./vector-block.ts";

/** Up to so many vectors are compared one by one in a few milliseconds: a graph would not pay. */
const FEW_VECTORS = 10_000;
/** Between two slices of 4 ms, so that growing takes a third of the time at most. */
const PAUSE_MS = 8;

/** What there is: nothing yet, no library, not every vector, or all of it. */
export type GraphState = "unneeded" | "missing" | "growing" | "ready";

export interface VectorGraphParts {
  readonly clock: Clock;
  /** Asked when the first graph is needed. */
  readonly load: () => OpenGraph | undefined;
  /** Default 10,000. */
  readonly fewVectors?: number;
}

/** Where a vector is. */
export interface VectorPlace {
  readonly block: VectorBlock;
  readonly at: number;
}

/** A graph over all vectors, for when they are many; it grows in the background, a slice at a time, and is asked only when it is whole. */
export class VectorGraph implements Disposable {
  readonly #parts: VectorGraphParts;
  readonly #blocks = new Map<string, VectorBlock>();
  /** Servers whose vectors are not in the graph as they are now. */
  readonly #waiting = new Set<string>();
  /** The keys of each server's vectors in the graph. */
  readonly #keys = new Map<string, bigint[]>();
  readonly #places = new Map<bigint, VectorPlace>();
  #size = 0;
  #nextKey = 0n;
  #graph: NativeGraph | undefined;
  #dimensions = 0;
  #state: GraphState = "unneeded";
  #isClosed = false;

  constructor(parts: VectorGraphParts) {
    this.#parts = parts;
  }

  get state(): GraphState {
    return this.#state;
  }

  /** Takes in a server's vectors in place of those it had. */
  put(block: VectorBlock): void {
    this.#size += block.tools.length - (this.#blocks.get(block.server)?.tools.length ?? 0);
    this.#blocks.set(block.server, block);
    this.#changed(block.server);
  }

  remove(server: string): void {
    this.#size -= this.#blocks.get(server)?.tools.length ?? 0;
    if (this.#blocks.delete(server)) this.#changed(server);
  }

  /** About the nearest vectors, in no order; undefined while the graph cannot tell. */
  near(question: Float32Array, most: number): readonly VectorPlace[] | undefined {
    if (this.#state !== "ready" || !this.#graph || question.length !== this.#dimensions) return undefined;
    const { keys } = this.#graph.search(question, Math.min(most, this.#places.size), 1);
    return [...keys].flatMap((key) => this.#places.get(key) ?? []);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
  }

  #changed(server: string): void {
    this.#waiting.add(server);
    if (this.#state === "missing" || this.#state === "growing") return;
    if (this.#state === "ready" || this.#isLarge) this.#begin();
  }

  get #isLarge(): boolean {
    return this.#size > (this.#parts.fewVectors ?? FEW_VECTORS);
  }

  #begin(): void {
    this.#graph ??= this.#open();
    this.#state = this.#graph ? "growing" : "missing";
    if (this.#graph) this.#growAfterPause(this.#grow(this.#graph));
  }

  #open(): NativeGraph | undefined {
    const [block] = this.#blocks.values();
    this.#dimensions = block?.dimensions ?? 0;
    return this.#parts.load()?.(this.#dimensions);
  }

  #growAfterPause(work: Iterator<void, void>): void {
    this.#parts.clock
      .after(PAUSE_MS, () => {
        if (this.#isClosed) return;
        if (!runForOneSlice(work, this.#parts.clock)) return this.#growAfterPause(work);
        this.#state = "ready";
        if (this.#places.size === 0) this.#startOver();
      })
      .unref();
  }

  /** With nothing left in it: what comes next may be of another model. */
  #startOver(): void {
    this.#graph = undefined;
    this.#state = "unneeded";
    for (const server of this.#blocks.keys()) this.#waiting.add(server);
    if (this.#isLarge) this.#begin();
  }

  /** A vector a step. */
  *#grow(graph: NativeGraph): Generator<void, void> {
    for (const server of this.#waiting) {
      yield* this.#takeOut(server, graph);
      const block = this.#blocks.get(server);
      this.#waiting.delete(server);
      if (block?.dimensions === this.#dimensions) yield* this.#takeIn(block, graph);
    }
  }

  *#takeOut(server: string, graph: NativeGraph): Generator<void, void> {
    for (const key of this.#keys.get(server) ?? []) {
      graph.remove(key);
      this.#places.delete(key);
      yield;
    }
    this.#keys.delete(server);
  }

  *#takeIn(block: VectorBlock, graph: NativeGraph): Generator<void, void> {
    const keys: bigint[] = [];
    this.#keys.set(block.server, keys);
    for (let at = 0; at < block.tools.length; at += 1) {
      const key = this.#nextKey;
      this.#nextKey += 1n;
      graph.add(key, Float32Array.from(vectorAt(block, at).values), 1);
      this.#places.set(key, { block, at });
      keys.push(key);
      yield;
    }
  }
}
