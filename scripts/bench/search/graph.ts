import { monitorEventLoopDelay } from "node:perf_hooks";
import { loadUsearch } from "../../../src/search/graph-library.ts";
import type { Neighbours } from "../../../src/search/near-tools.ts";
import { tokenize } from "../../../src/search/tokenize.ts";
import { makeBlock, toBytes } from "../../../src/search/vector-block.ts";
import { VectorGraph } from "../../../src/search/vector-graph.ts";
import { VectorTable } from "../../../src/search/vector-table.ts";
import { sleep, systemClock } from "../../../src/time/clock.ts";
import type { Row } from "../report.ts";
import { quantile, sorted } from "../statistics.ts";
import { byServer, type CorpusTool, type LabelledQuery } from "./labelled-set.ts";

const DIMENSIONS = 384;
const LIMIT = 20;
const LOOK_EVERY_MS = 50;

/**
 * The graph over many vectors beside the flat comparison of all: how many of the nearest it finds, how fast, and what growing it takes. The
 * vectors are those of no model but random projections of the words of each text (by rarity), which lie in clusters as a model's do.
 */
export async function measureGraph(corpus: readonly CorpusTool[], queries: readonly LabelledQuery[]): Promise<readonly Row[]> {
  const project = projection(corpus.map(textOf));
  using graph = new VectorGraph({ clock: systemClock, load: () => loadUsearch() });
  const [table, flat] = [new VectorTable(graph), new VectorTable()];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const began = performance.now();
  for (const [server, tools] of byServer(corpus)) {
    const embedded = tools.map((tool) => ({ tool: tool.tool, hash: "", vector: toBytes(project(textOf(tool))) }));
    const block = makeBlock(server, DIMENSIONS, embedded);
    table.put(block);
    flat.put(block);
  }
  const filled = performance.now();
  delay.enable();
  while (graph.state === "growing") await sleep(systemClock, LOOK_EVERY_MS);
  delay.disable();
  const questions = queries.map(({ query }) => project(query));
  const [exact, near] = [flat, table].map((each) => questions.map((question) => ask(each, question)));
  if (!exact || !near) throw new Error("Cannot compare without both answers");
  return [
    {
      vectors: String(flat.size),
      graph: graph.state,
      "filled s": (filled - began) / 1_000,
      "grown s": (performance.now() - filled) / 1_000,
      "longest turn ms": delay.max / 1e6,
      "flat p50 ms": timeOf(exact, 0.5),
      "flat p99 ms": timeOf(exact, 0.99),
      "graph p50 ms": timeOf(near, 0.5),
      "graph p99 ms": timeOf(near, 0.99),
      "recall@10": recall(exact, near, 10),
      "recall@20": recall(exact, near, 20),
    },
  ];
}

interface Asked {
  readonly names: readonly string[];
  readonly ms: number;
}

function ask(table: VectorTable, question: Float32Array): Asked {
  const began = performance.now();
  const { tools } = endOf(table.nearest(question, { limit: LIMIT }));
  return { ms: performance.now() - began, names: tools.map(({ server, tool }) => `${server}/${tool}`) };
}

function endOf(work: Generator<void, Neighbours>): Neighbours {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const timeOf = (asked: readonly Asked[], share: number): number => quantile(sorted(asked.map(({ ms }) => ms)), share);

/** The share of the nearest that the graph found too, over all questions. */
function recall(exact: readonly Asked[], near: readonly Asked[], most: number): number {
  const shares = exact.map(({ names }, at) => {
    const found = new Set(near[at]?.names.slice(0, most));
    const wanted = names.slice(0, most);
    return wanted.filter((name) => found.has(name)).length / wanted.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

const textOf = ({ tool, description }: CorpusTool): string => `${tool} ${description ?? ""}`;

/** Each word is a direction that only looks random; a text is the sum of its words, the rare ones longer. */
function projection(texts: readonly string[]): (text: string) => Float32Array {
  const documents = new Map<string, number>();
  for (const text of texts) for (const word of new Set(tokenize(text))) documents.set(word, (documents.get(word) ?? 0) + 1);
  const directions = new Map<string, Float32Array>();
  return (text) => {
    const sum = new Float32Array(DIMENSIONS);
    for (const word of new Set(tokenize(text))) {
      const direction = directions.get(word) ?? directionOf(word);
      directions.set(word, direction);
      const weight = Math.log(1 + texts.length / (documents.get(word) ?? 1));
      for (let at = 0; at < DIMENSIONS; at += 1) sum[at] = (sum[at] ?? 0) + weight * (direction[at] ?? 0);
    }
    const length = Math.hypot(...sum) || 1;
    return sum.map((number) => number / length);
  };
}

function directionOf(word: string): Float32Array {
  let state = 0x811c9dc5;
  for (let at = 0; at < word.length; at += 1) state = Math.imul(state ^ word.charCodeAt(at), 0x01000193);
  return Float32Array.from({ length: DIMENSIONS }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
}
