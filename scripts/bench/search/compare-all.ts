import type { Row } from "../report.ts";
import { scoreColumns, timeColumns } from "./columns.ts";
import type { Engine } from "./engine.ts";
import { fusedEngines } from "./fused-runs.ts";
import {
  type Address,
  answers,
  type CorpusTool,
  type LabelledQuery,
  publishedRuns,
  type QuerySet,
  readLines,
} from "./labelled-set.ts";
import { measure } from "./measure.ts";
import { runSet } from "./run-set.ts";
import { meanScores, type Scores, scoreSet } from "./scores.ts";

/** Every corpus of a folder with every set of queries it can answer, engine beside engine; a macro line where there are several sets. */
export async function compareAll(
  dir: string,
  corpora: ReadonlyMap<string, () => readonly CorpusTool[]>,
  sets: readonly QuerySet[],
  engines: readonly Engine[],
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [name, read] of corpora) {
    const corpus = read();
    const fitting = sets.filter(({ queries }) => answers(corpus, queries));
    const found: Line[] = [];
    for (const engine of engines) {
      process.stderr.write(`${name}: ${engine.name}\n`);
      found.push(...(await linesOf(engine, corpus, fitting)));
    }
    for (const set of fitting.filter((set) => set.name === name)) found.push(...(await publishedLines(dir, corpus, set)));
    const order = [...fitting.map((set) => set.name), "macro", "all"];
    found.sort((a, b) => order.indexOf(a.set) - order.indexOf(b.set));
    rows.push(...found.map((line) => rowOf(name, corpus.length, line)));
  }
  return rows;
}

interface Line {
  readonly set: string;
  readonly engine: string;
  readonly scores?: Scores;
  readonly ms?: readonly number[];
  readonly buildMs?: number;
  readonly heldMib?: number | undefined;
  readonly note?: string;
}

async function linesOf(engine: Engine, corpus: readonly CorpusTool[], sets: readonly QuerySet[]): Promise<readonly Line[]> {
  const skipped = (note: string): Line[] => [{ set: "all", engine: engine.name, note }];
  if (corpus.length > (engine.mostTools ?? corpus.length)) return skipped(`left out above ${engine.mostTools} tools: too slow`);
  const { engine: open, buildMs, heldMib } = await measure(engine, corpus);
  if (!open) return skipped(`not installed (${engine.needs})`);
  const lines: Line[] = [];
  for (const { name, queries } of sets) {
    const run = await runSet(open, queries);
    lines.push({ set: name, engine: engine.name, scores: scoreSet(queries, run.ranked), ms: run.ms, buildMs, heldMib });
  }
  if (lines.length < 2) return lines;
  const scores = meanScores(lines.flatMap((line) => line.scores ?? []));
  return [...lines, { set: "macro", engine: engine.name, scores, ms: lines.flatMap(({ ms }) => ms ?? []), buildMs, heldMib }];
}

interface PublishedLine {
  readonly id: string;
  readonly ranked: readonly Address[];
}

/** What others published for a set, scored as everything else is, and our own search with it. */
async function publishedLines(dir: string, corpus: readonly CorpusTool[], set: QuerySet): Promise<readonly Line[]> {
  const { name, queries } = set;
  const lines: Line[] = [];
  for (const [engine, file] of publishedRuns(dir, name)) {
    const runs = new Map(readLines<PublishedLine>(file).map(({ id, ranked }) => [id, ranked]));
    const ranked = inOrderOf(queries, runs);
    lines.push({ set: name, engine, scores: scoreSet(queries, ranked), note: "published ranking" });
    for (const fused of fusedEngines(engine, queries, ranked)) lines.push(...(await linesOf(fused, corpus, [set])));
  }
  return lines;
}

const inOrderOf = (queries: readonly LabelledQuery[], runs: ReadonlyMap<string, readonly Address[]>) =>
  queries.map(({ id }) => runs.get(id) ?? []);

/** Every row has every column, so that rows make one table. */
function rowOf(corpus: string, tools: number, { set, engine, scores, ms, buildMs, heldMib, note }: Line): Row {
  const figures = { ...scoreColumns(scores), ...timeColumns(ms ?? []) };
  return {
    corpus,
    tools: tools,
    set,
    engine,
    ...figures,
    "build ms": buildMs === undefined ? undefined : Math.round(buildMs),
    "heap MiB": heldMib,
    note: note ?? "",
  };
}
