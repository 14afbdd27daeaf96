import { GatewayError } from "../model/errors.ts";
import { isJsonObject } from "../model/json.ts";

/** Longer than any model's. */
const MOST_NUMBERS = 8_192;

/** What an answer has to be. */
export interface Expected {
  readonly count: number;
  /** Numbers in each vector; undefined for any number, the same for all. */
  readonly dimensions: number | undefined;
}

/** The vectors of an OpenAI-compatible answer, in the order of the texts, each brought to length 1; throws `upstream_protocol`. */
export function readOpenAi(answer: unknown, expected: Expected): readonly Float32Array[] {
  const data: unknown = isJsonObject(answer) ? answer["data"] : undefined;
  if (!Array.isArray(data)) throw refusal(`"data" with ${expected.count} vectors`, "none");
  const placed: unknown[] = Array.from({ length: data.length });
  for (const [at, item] of data.entries()) {
    const index: unknown = isJsonObject(item) ? (item["index"] ?? at) : undefined; // some leave the index out
    if (typeof index === "number" && Object.hasOwn(placed, index)) placed[index] = item["embedding"];
  }
  return readAll(placed, expected);
}

/** The vectors of an answer of Ollama's. */
export function readOllama(answer: unknown, expected: Expected): readonly Float32Array[] {
  const embeddings: unknown = isJsonObject(answer) ? answer["embeddings"] : undefined;
  if (!Array.isArray(embeddings)) throw refusal(`"embeddings" with ${expected.count} vectors`, "none");
  return readAll(embeddings, expected);
}

function readAll(found: readonly unknown[], { count, dimensions }: Expected): readonly Float32Array[] {
  if (found.length !== count) throw refusal(`${count} vectors`, String(found.length));
  const [first] = found;
  const length = dimensions ?? (Array.isArray(first) ? first.length : 0);
  return found.map((numbers) => readOne(numbers, length));
}

function readOne(numbers: unknown, length: number): Float32Array {
  if (!Array.isArray(numbers)) throw refusal("a list of numbers for each text", "something else");
  if (numbers.length !== length || length === 0 || length > MOST_NUMBERS)
    throw refusal(`vectors of ${length || `1 to ${MOST_NUMBERS}`} numbers`, `one of ${numbers.length}`);
  let squares = 0;
  for (const number of numbers as readonly unknown[]) {
    if (typeof number !== "number") throw refusal("finite numbers only", "something else");
    squares += number * number;
  }
  if (!(squares > 0) || !Number.isFinite(squares)) throw refusal("vectors with a direction", "one without");
  const norm = Math.sqrt(squares);
  return Float32Array.from(numbers as readonly number[], (number) => number / norm);
}

const refusal = (expected: string, found: string): GatewayError =>
  new GatewayError("upstream_protocol", `its answer is none: expected ${expected}, found ${found}`);
