// Measures the search that `discover` runs against labelled needs. See USAGE.
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { readOptions } from "../read-options.ts";
import { printTable, type Row } from "./report.ts";
import { scoreColumns, timeColumns } from "./search/columns.ts";
import { compareAll } from "./search/compare-all.ts";
import { type Engine, sallyport } from "./search/engine.ts";
import { enginesFor } from "./search/engines.ts";
import { measureGraph } from "./search/graph.ts";
import { type CorpusTool, corpusFiles, type LabelledQuery, queryFiles, readLines } from "./search/labelled-set.ts";
import { meaningEngines } from "./search/meaning.ts";
import { measure } from "./search/measure.ts";
import { packageLoader } from "./search/optional-package.ts";
import { runSet } from "./search/run-set.ts";
import { measureScale } from "./search/scale.ts";
import { scoreSet } from "./search/scores.ts";

const USAGE = `npm run bench:search -- --corpus FILE --queries FILE [--out FILE]   scores one set with the search of discover
npm run bench:search -- --all DIR [--only CORPUS,...]               every set of a folder, beside the comparison engines
npm run bench:search -- --all DIR --scale 3017,33029,100000         times, build and memory at so many tools
npm run bench:search -- --corpus FILE --queries FILE --scale N,...  the same for one set
npm run bench:search -- --corpus FILE --queries FILE --graph        the graph over many vectors, beside comparing them all
  --json             prints JSON instead of a table
  --engines NAME,... only these engines ("sallyport", "sallyport after use", "flat BM25", "MiniSearch", "MiniSearch tuned", "FTS5", "Orama")
  --embeddings URL --model NAME [--query-prefix TEXT] [--document-prefix TEXT]
                     the same search with a model's meaning beside its words (an OpenAI-compatible endpoint), at three weights
  --packages DIR     looks for the engines' packages in the node_modules of DIR
Files are JSON lines, gzipped or not: {server, tool, description?, inputSchema?} and {id, query, relevant: [{server, tool}]}.`;

const { values } = readOptions(USAGE, {
  options: {
    corpus: { type: "string" },
    queries: { type: "string" },
    out: { type: "string" },
    all: { type: "string" },
    only: { type: "string" },
    scale: { type: "string" },
    engines: { type: "string" },
    packages: { type: "string" },
    embeddings: { type: "string" },
    model: { type: "string" },
    "query-prefix": { type: "string", default: "" },
    "document-prefix": { type: "string", default: "" },
    graph: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const rows = await measured();
if (rows) {
  if (values.json) console.log(JSON.stringify(rows, null, 2));
  else printTable(rows.map(forTable));
} else {
  console.error(USAGE);
  process.exitCode = 2;
}

async function measured(): Promise<readonly Row[] | undefined> {
  const { all, corpus, queries, scale } = values;
  const only = values.engines?.split(",");
  if (all !== undefined) {
    const corpora = [...corpusFiles(all)].filter(([name]) => values.only?.split(",").includes(name) ?? true);
    const sets = [...queryFiles(all)].map(([name, file]) => ({ name, queries: readLines<LabelledQuery>(file) }));
    const load = packageLoader(values.packages);
    if (scale === undefined) {
      const readers = new Map(corpora.map(([name, file]) => [name, () => readLines<CorpusTool>(file)]));
      return compareAll(all, readers, sets, [...enginesFor(load, only), ...withMeaning()]);
    }
    const lists = corpora.map(([, file]) => readLines<CorpusTool>(file));
    return measureScale(lists, sets, sizes(scale), enginesFor(load, only ?? [sallyport.name]));
  }
  if (corpus === undefined || queries === undefined) return undefined;
  if (values.graph) return measureGraph(readLines(corpus), readLines(queries));
  if (scale === undefined) return [await oneSet(corpus, queries)];
  const set = { name: basename(queries), queries: readLines<LabelledQuery>(queries) };
  return measureScale(
    [readLines(corpus)],
    [set],
    sizes(scale),
    enginesFor(packageLoader(values.packages), only ?? [sallyport.name]),
  );
}

function withMeaning(): readonly Engine[] {
  const { embeddings: url, model, "query-prefix": queryPrefix, "document-prefix": documentPrefix } = values;
  return url === undefined || model === undefined ? [] : meaningEngines({ url, model, queryPrefix, documentPrefix });
}

function sizes(text: string): readonly number[] {
  const numbers = text.split(",").map(Number);
  if (numbers.every((size) => Number.isInteger(size) && size > 0)) return numbers;
  throw new Error(`--scale: found "${text}", expected numbers of tools such as 3017,100000`);
}

async function oneSet(corpusFile: string, queriesFile: string): Promise<Row> {
  const corpus = readLines<CorpusTool>(corpusFile);
  const queries = readLines<LabelledQuery>(queriesFile);
  const { engine, buildMs, heldMib } = await measure(sallyport, corpus);
  if (!engine) throw new Error("Cannot open the index");
  const run = await runSet(engine, queries);
  if (values.out !== undefined) {
    const lines = queries.map(({ id }, at) => JSON.stringify({ id, ranked: run.ranked[at], ms: run.ms[at] }));
    writeFileSync(values.out, `${lines.join("\n")}\n`);
  }
  return {
    tools: corpus.length,
    queries: queries.length,
    ...scoreColumns(scoreSet(queries, run.ranked)),
    ...timeColumns(run.ms),
    "build ms": Math.round(buildMs),
    "heap MiB": heldMib,
  };
}

/** Scores lie so close together that the table's own rounding would hide the difference, and counts are no measurements. */
function forTable(row: Row): Row {
  const texts = Object.entries(row).map(([name, value]) => [name, textOf(name, value)]);
  return Object.fromEntries(texts);
}

function textOf(name: string, value: Row[string]): Row[string] {
  if (typeof value !== "number") return value;
  return name.includes("@") ? value.toFixed(3) : Number.isInteger(value) ? String(value) : value;
}
