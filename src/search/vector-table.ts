import { dot, Nearest, type Neighbours, Usual } from "./near-tools.ts";
import { type ByteVector, type VectorBlock, vectorAt } from "./vector-block.ts";
import type { VectorGraph, VectorPlace } from "./vector-graph.ts";

export interface NearRequest {
  readonly limit: number;
  /** Only tools of this server. */
  readonly server?: string | undefined;
  readonly filter?: ((server: string, tool: string) => boolean) | undefined;
}

/** Vectors compared between two turns of the event loop, at the least. */
const STEP = 256;

/** So many more than wanted are asked of the graph, which knows no filter and is right about most of the nearest, not all. */
const MORE = 4;
/** So many vectors tell what similarity is usual. */
const SAMPLE = 512;

/**
 * The vectors of all tools, flat, by server: a scan of 10,000 with 384 numbers each takes about 7 ms, in slices. Where there is
 * a graph that has them all, it says which to look at.
 */
export class VectorTable {
  readonly #graph: VectorGraph | undefined;
  readonly #blocks = new Map<string, VectorBlock>();
  #size = 0;
  /** Where the vector of each text is; made anew when it is next wanted after something was taken out. */
  #places: Map<string, readonly [VectorBlock, number]> | undefined;

  constructor(graph?: VectorGraph) {
    this.#graph = graph;
  }

  /** Tools that have a vector. */
  get size(): number {
    return this.#size;
  }

  /** Puts a server's vectors in place of those it had. */
  put(block: VectorBlock): void {
    this.#takeOut(block.server);
    this.#blocks.set(block.server, block);
    this.#size += block.tools.length;
    if (this.#places) addPlaces(this.#places, block);
    this.#graph?.put(block);
  }

  remove(server: string): void {
    this.#takeOut(server);
    this.#graph?.remove(server);
  }

  #takeOut(server: string): void {
    const block = this.#blocks.get(server);
    if (!block) return;
    this.#blocks.delete(server);
    this.#size -= block.tools.length;
    this.#places = undefined;
  }

  block(server: string): VectorBlock | undefined {
    return this.#blocks.get(server);
  }

  /** The vector that was made of this text, for whatever server. */
  find(hash: string): ByteVector | undefined {
    this.#places ??= this.#allPlaces();
    const place = this.#places.get(hash);
    return place && vectorAt(...place);
  }

  /** The tools nearest to a question, one step every 256 vectors; equal ones by server, then tool. */
  *nearest(question: Float32Array, request: NearRequest): Generator<void, Neighbours> {
    const places = request.server === undefined ? this.#graph?.near(question, request.limit * MORE) : undefined;
    const among = places && this.#nearestOf(places, question, request);
    return among ?? (yield* this.#nearestOfAll(question, request));
  }

  /** The nearest of a few; undefined where the filter leaves too few of them. */
  #nearestOf(places: readonly VectorPlace[], question: Float32Array, { limit, filter }: NearRequest): Neighbours | undefined {
    const best = new Nearest(limit);
    let shown = 0;
    for (const { block, at } of places) {
      const tool = block.tools[at] ?? "";
      if (filter && !filter(block.server, tool)) continue;
      shown += 1;
      best.add({ server: block.server, tool, similarity: similarityTo(question, block, at) });
    }
    if (shown < Math.min(limit, places.length)) return undefined;
    const usual = new Usual();
    const stride = Math.max(1, Math.floor(this.#size / SAMPLE));
    let next = 0; // the place of the next vector of the sample, counted from the block at hand
    for (const block of this.#blocks.values()) {
      for (; next < block.tools.length; next += stride) usual.add(similarityTo(question, block, next));
      next -= block.tools.length;
    }
    return { tools: best.sorted(), ...usual.figures };
  }

  *#nearestOfAll(question: Float32Array, { limit, server, filter = () => true }: NearRequest): Generator<void, Neighbours> {
    const blocks = [...this.#blocks.values()].filter((block) => server === undefined || block.server === server);
    const best = new Nearest(limit);
    const usual = new Usual();
    for (const block of blocks) {
      if (block.dimensions !== question.length) continue;
      for (const [at, tool] of block.tools.entries()) {
        const similarity = similarityTo(question, block, at);
        usual.add(similarity);
        if (best.wants(similarity) && filter(block.server, tool)) best.add({ server: block.server, tool, similarity });
        if (usual.count % STEP === 0) yield;
      }
    }
    return { tools: best.sorted(), ...usual.figures };
  }

  #allPlaces() {
    const places = new Map<string, readonly [VectorBlock, number]>();
    for (const block of this.#blocks.values()) addPlaces(places, block);
    return places;
  }
}

function addPlaces(places: Map<string, readonly [VectorBlock, number]>, block: VectorBlock): void {
  for (const [at, hash] of block.hashes.entries()) places.set(hash, [block, at]);
}

const similarityTo = (question: Float32Array, block: VectorBlock, at: number): number =>
  dot(question, block.values, at * block.dimensions) * (block.scales[at] ?? 0);
