import type { Row } from "../report.ts";
import { longestBareTurn } from "./bare-turns.ts";
import { timeColumns } from "./columns.ts";
import type { Engine } from "./engine.ts";
import { answers, type CorpusTool, type QuerySet, resize } from "./labelled-set.ts";
import { measure } from "./measure.ts";
import { runSet } from "./run-set.ts";

/**
 * Times per query, for the build, and the memory held at several numbers of tools. Each number is made from the largest corpus that has
 * no more tools, copied under new names up to the number, or from the smallest one, cut.
 */
export async function measureScale(
  corpora: readonly (readonly CorpusTool[])[],
  sets: readonly QuerySet[],
  sizes: readonly number[],
  engines: readonly Engine[],
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) {
    const base = baseFor(size, corpora);
    const queries = sets.filter((set) => answers(base, set.queries)).flatMap((set) => set.queries);
    for (const engine of engines) {
      process.stderr.write(`${size} tools: ${engine.name}\n`);
      const { engine: open, buildMs, longestTurnMs, heldMib } = await measure(engine, resize(base, size));
      const bareTurnMs = await longestBareTurn(buildMs);
      const { ms } = open ? await runSet(open, queries) : { ms: [] };
      const build = {
        "build ms": open && Math.round(buildMs),
        "longest turn ms": open && Math.round(longestTurnMs * 10) / 10,
        "same, bare 2 ms": open && Math.round(bareTurnMs * 10) / 10,
        "heap MiB": open && heldMib,
      };
      rows.push({ tools: size, engine: engine.name, queries: ms.length, ...timeColumns(ms), ...build });
    }
  }
  return rows;
}

function baseFor(size: number, corpora: readonly (readonly CorpusTool[])[]): readonly CorpusTool[] {
  const bySize = [...corpora].sort((a, b) => a.length - b.length);
  const base = bySize.findLast((corpus) => corpus.length <= size) ?? bySize[0];
  if (!base) throw new Error("--scale: found no corpus, expected --corpus FILE or --all DIR with at least one");
  return base;
}
