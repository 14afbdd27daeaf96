import { createEmbedder } from "../../../src/inference/embedder.ts";
import type { Embedder } from "../../../src/model/ports.ts";
import type { EmbeddingsSettings } from "../../../src/model/registry-snapshot.ts";
import { Secret } from "../../../src/model/secret.ts";
import type { NearTools } from "../../../src/search/searchable-tool.ts";
import { runInSlices } from "../../../src/search/slices.ts";
import { toolText } from "../../../src/search/tool-text.ts";
import { makeBlock, toBytes } from "../../../src/search/vector-block.ts";
import { VectorTable } from "../../../src/search/vector-table.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { buildIndex, type Engine } from "./engine.ts";
import { byServer, type CorpusTool, searchableTool } from "./labelled-set.ts";

/** An endpoint to measure search by meaning with. */
export interface MeasuredModel {
  readonly url: string;
  readonly model: string;
  readonly queryPrefix: string;
  readonly documentPrefix: string;
}

const BATCH = 64;
const NEIGHBOURS = 100;
const WEIGHTS: readonly (readonly [name: string, weight: number])[] = [
  ["1:2", 1 / 3],
  ["1:1", 1 / 2],
  ["2:1", 2 / 3],
];

/** The search of `discover` together with a model's, at three weights of meaning to words; each question is embedded once. */
export function meaningEngines(measured: MeasuredModel): readonly Engine[] {
  const questions = new Map<string, Float32Array>();
  const tables = new Map<string, Promise<VectorTable>>();
  const embedder = createEmbedder(settingsOf(measured));
  return WEIGHTS.map(([name, weight]) => ({
    name: `+ ${measured.model} ${name}`,
    async open(corpus) {
      const index = await buildIndex(corpus);
      const key = `${corpus.length} ${corpus[0]?.server} ${corpus.at(-1)?.tool}`;
      const table = tables.get(key) ?? embedAll(corpus, embedder, measured.documentPrefix);
      tables.set(key, table);
      const vectors = await table;
      return {
        async search(query, limit) {
          const question = `${measured.queryPrefix}${query.slice(0, 1_000)}`;
          const vector = questions.get(question) ?? (await embedder.embed([question], new AbortController().signal))[0];
          if (!vector) throw new Error("The endpoint gave no vector");
          questions.set(question, vector);
          const neighbours = await runInSlices(vectors.nearest(vector, { limit: NEIGHBOURS }), systemClock);
          const near: NearTools = { neighbours, weight };
          return index.search(query, { limit, near });
        },
      };
    },
  }));
}

async function embedAll(corpus: readonly CorpusTool[], embedder: Embedder, prefix: string): Promise<VectorTable> {
  const table = new VectorTable();
  const texts = corpus.map((line) => `${prefix}${toolText(searchableTool(line))}`);
  const vectors: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += BATCH) {
    vectors.push(...(await embedder.embed(texts.slice(at, at + BATCH), new AbortController().signal)));
    if (at % 1_024 === 0) process.stderr.write(`embedded ${at} of ${texts.length}\n`);
  }
  const places = new Map(corpus.map((line, at) => [line, at]));
  for (const [server, lines] of byServer(corpus)) {
    const tools = lines.map((line) => {
      const vector = toBytes(vectors[places.get(line) ?? 0] ?? new Float32Array());
      return { tool: line.tool, hash: "", vector };
    });
    table.put(makeBlock(server, tools[0]?.vector.values.length ?? 0, tools));
  }
  return table;
}

const settingsOf = ({ url, model, queryPrefix, documentPrefix }: MeasuredModel): EmbeddingsSettings => ({
  url: new Secret(url),
  origin: new URL(url).origin,
  model,
  apiKey: undefined,
  timeoutMs: 0,
  api: "openai",
  enabled: "on",
  dimensions: undefined,
  batch: BATCH,
  queryPrefix,
  documentPrefix,
});
