import type { Row } from "../report.ts";
import { scoreColumns, timeColumns } from "./columns.ts";
import { type Engine, sallyport } from "./engine.ts";
import { flatBm25 } from "./flat-bm25.ts";
import { fts5 } from "./fts5.ts";
import { answers, type CorpusTool, corpusFiles, type LabelledQuery, queryFiles, readLines } from "./labelled-set.ts";
import { measure } from "./measure.ts";
import { miniSearchDefault, miniSearchTuned } from "./minisearch.ts";
import { orama } from "./orama.ts";
import { runSet } from "./run-set.ts";
import { meanScores, type Scores, scoreSet } from "./scores.ts";

const ENGINES: readonly Engine[] = [sallyport, flatBm25, miniSearchDefault, miniSearchTuned, fts5, orama];
/** Engines too slow to be worth waiting for above this many tools. */
const MOST_TOOLS: ReadonlyMap<string, number> = new Map([["Orama", 5000]]);

/** Every corpus of a folder with every set of queries it can answer, one engine after the other; a macro line where there are several sets. */
export async function compareAll(dir: string, only?: readonly string[]): Promise<readonly Row[]> {
  const sets = [...queryFiles(dir)].map(([name, file]) => ({ name, queries: readLines<LabelledQuery>(file) }));
  const rows: Row[] = [];
  for (const [name, file] of corpusFiles(dir)) {
    if (only && !only.includes(name)) continue;
    const corpus = readLines<CorpusTool>(file);
    const fitting = sets.filter(({ queries }) => answers(corpus, queries));
    for (const engine of ENGINES) {
      if (corpus.length <= (MOST_TOOLS.get(engine.name) ?? corpus.length))
        rows.push(...(await compare(engine, name, corpus, fitting)));
    }
  }
  return rows;
}

interface QuerySet {
  readonly name: string;
  readonly queries: readonly LabelledQuery[];
}

async function compare(
  engine: Engine,
  corpusName: string,
  corpus: readonly CorpusTool[],
  sets: readonly QuerySet[],
): Promise<readonly Row[]> {
  const { engine: open, buildMs, heldMib } = await measure(engine, corpus);
  if (!open) return [];
  const rows: Row[] = [];
  const scores: Scores[] = [];
  const ms: number[] = [];
  const head = { corpus: corpusName, tools: corpus.length, engine: engine.name };
  for (const { name, queries } of sets) {
    const run = await runSet(open, queries);
    const score = scoreSet(queries, run.ranked);
    scores.push(score);
    ms.push(...run.ms);
    rows.push({ ...head, set: name, ...scoreColumns(score), ...timeColumns(run.ms) });
  }
  const build = { "build ms": Math.round(buildMs), "memory MiB": heldMib };
  rows.push({ ...head, set: `macro of ${sets.length}`, ...scoreColumns(meanScores(scores)), ...timeColumns(ms), ...build });
  return rows.map((row) => ({ ...row, "build ms": row["build ms"], "memory MiB": row["memory MiB"] }));
}
