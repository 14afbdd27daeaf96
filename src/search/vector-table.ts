import { compareText } from "./compare-text.ts";
import { type ByteVector, type VectorBlock, vectorAt } from "./vector-block.ts";

/** A tool whose text means something like what was asked. */
export interface NearTool {
  readonly server: string;
  readonly tool: string;
  /** Cosine, -1 to 1; what is much differs from model to model. */
  readonly similarity: number;
}

/** The tools nearest to a question, nearest first, and what similarity is usual between it and any tool. */
export interface Neighbours {
  readonly tools: readonly NearTool[];
  readonly mean: number;
  readonly deviation: number;
}

export interface NearRequest {
  readonly limit: number;
  /** Only tools of this server. */
  readonly server?: string | undefined;
  readonly filter?: ((server: string, tool: string) => boolean) | undefined;
}

/** Vectors compared between two turns of the event loop, at the least. */
const STEP = 256;

/** The vectors of all tools, flat, by server: a scan of 10,000 with 384 numbers each takes about 7 ms, in slices. */
export class VectorTable {
  readonly #blocks = new Map<string, VectorBlock>();
  #size = 0;
  /** Where the vector of each text is; made anew when it is next wanted after something was taken out. */
  #places: Map<string, readonly [VectorBlock, number]> | undefined;

  /** Tools that have a vector. */
  get size(): number {
    return this.#size;
  }

  /** Puts a server's vectors in place of those it had. */
  put(block: VectorBlock): void {
    this.remove(block.server);
    this.#blocks.set(block.server, block);
    this.#size += block.tools.length;
    if (this.#places) addPlaces(this.#places, block);
  }

  remove(server: string): void {
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
  *nearest(question: Float32Array, { limit, server, filter = () => true }: NearRequest): Generator<void, Neighbours> {
    const blocks = [...this.#blocks.values()].filter((block) => server === undefined || block.server === server);
    const best = new Nearest(limit);
    let [count, sum, squares] = [0, 0, 0];
    for (const block of blocks) {
      if (block.dimensions !== question.length) continue;
      for (const [at, tool] of block.tools.entries()) {
        const similarity = dot(question, block.values, at * block.dimensions) * (block.scales[at] ?? 0);
        count += 1;
        sum += similarity;
        squares += similarity * similarity;
        if (best.wants(similarity) && filter(block.server, tool)) best.add({ server: block.server, tool, similarity });
        if (count % STEP === 0) yield;
      }
    }
    const mean = count === 0 ? 0 : sum / count;
    return { tools: best.sorted(), mean, deviation: count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean)) };
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

/** Four at a time into two sums, which takes half as long. */
function dot(question: Float32Array, values: Int8Array, start: number): number {
  let [one, other] = [0, 0];
  let at = 0;
  for (const whole = question.length - 3; at < whole; at += 4) {
    const here = start + at;
    one += (question[at] ?? 0) * (values[here] ?? 0) + (question[at + 1] ?? 0) * (values[here + 1] ?? 0);
    other += (question[at + 2] ?? 0) * (values[here + 2] ?? 0) + (question[at + 3] ?? 0) * (values[here + 3] ?? 0);
  }
  for (; at < question.length; at += 1) one += (question[at] ?? 0) * (values[start + at] ?? 0);
  return one + other;
}

/** Keeps a few more than wanted and sorts them out now and then. */
class Nearest {
  readonly #limit: number;
  #kept: NearTool[] = [];
  #least = Number.NEGATIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
  }

  wants(similarity: number): boolean {
    return similarity >= this.#least;
  }

  add(tool: NearTool): void {
    this.#kept.push(tool);
    if (this.#kept.length < this.#limit * 4) return;
    this.#kept = [...this.sorted()];
    this.#least = this.#kept.at(-1)?.similarity ?? this.#least;
  }

  sorted(): readonly NearTool[] {
    const order = (a: NearTool, b: NearTool) =>
      b.similarity - a.similarity || compareText(a.server, b.server) || compareText(a.tool, b.tool);
    return this.#kept.sort(order).slice(0, this.#limit);
  }
}
