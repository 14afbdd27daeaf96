// Measures the search that `discover` runs against labelled needs.
// One set: npm run bench:search -- --corpus F.jsonl[.gz] --queries F.jsonl [--out F.jsonl] [--tools N] [--json]
// All sets of a folder, with the comparison engines that are installed: npm run bench:search -- --all DIR [--only NAME,...] [--json]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { printTable, type Row } from "./report.ts";
import { scoreColumns, timeColumns } from "./search/columns.ts";
import { compareAll } from "./search/compare-all.ts";
import { sallyport } from "./search/engine.ts";
import { type CorpusTool, type LabelledQuery, readLines, resize } from "./search/labelled-set.ts";
import { measure } from "./search/measure.ts";
import { runSet } from "./search/run-set.ts";
import { scoreSet } from "./search/scores.ts";

const { values } = parseArgs({
  options: {
    corpus: { type: "string" },
    queries: { type: "string" },
    out: { type: "string" },
    tools: { type: "string" },
    all: { type: "string" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

if (values.all !== undefined) {
  print(await compareAll(values.all, values.only?.split(",")));
} else if (values.corpus !== undefined && values.queries !== undefined) {
  print([await oneSet(values.corpus, values.queries)]);
} else {
  console.error(
    "Usage: npm run bench:search -- --corpus FILE --queries FILE [--out FILE] [--tools N] [--json] | --all DIR [--only NAMES]",
  );
  process.exitCode = 2;
}

async function oneSet(corpusFile: string, queriesFile: string): Promise<Row> {
  const lines = readLines<CorpusTool>(corpusFile);
  const corpus = values.tools === undefined ? lines : resize(lines, Number(values.tools));
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
    "memory MiB": heldMib,
  };
}

function print(rows: readonly Row[]): void {
  if (values.json) console.log(JSON.stringify(rows, null, 2));
  else printTable(rows.map(withThreeDecimals));
}

/** Scores lie so close together that the table's own rounding would hide the difference. */
function withThreeDecimals(row: Row): Row {
  const entries = Object.entries(row);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, /@/.test(name) && typeof value === "number" ? value.toFixed(3) : value]),
  );
}
