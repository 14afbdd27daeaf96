import { compareText } from "./compare-text.ts";

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

/** Four at a time into two sums, which takes half as long. */
export function dot(question: Float32Array, values: Int8Array, start: number): number {
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
export class Nearest {
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

/** What similarity is usual, over all that were added. */
export class Usual {
  count = 0;
  #sum = 0;
  #squares = 0;

  add(similarity: number): void {
    this.count += 1;
    this.#sum += similarity;
    this.#squares += similarity * similarity;
  }

  get figures(): Pick<Neighbours, "mean" | "deviation"> {
    const mean = this.count === 0 ? 0 : this.#sum / this.count;
    const variance = this.count === 0 ? 0 : this.#squares / this.count - mean * mean;
    return { mean, deviation: Math.sqrt(Math.max(0, variance)) };
  }
}
