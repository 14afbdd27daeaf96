import { printTable } from "../bench/report.ts";
import type { Judged, Verdict } from "./baseline.ts";
import { HALVES, REVISIONS } from "./scenarios.ts";

const TITLES = {
  client: "upstream leg",
  facade: "backend through our tools",
  plain: "our own stdio face",
  inspector: "to the MCP Inspector",
} as const;

/** Prints a table, everything that was not expected, and how many checks passed and failed. */
export function printReport(judged: readonly Judged[]): void {
  const groups = HALVES.flatMap((half) => REVISIONS.map((revision) => ({ half, revision })));
  const rows = groups.map(({ half, revision }) => {
    const mine = judged.filter(({ scenario }) => scenario.half === half && scenario.revision === revision);
    return {
      "what is tested": TITLES[half],
      revision,
      scenarios: String(new Set(mine.map(({ scenario }) => scenario.name)).size),
      passed: String(passedIn(mine)),
      "expected to fail": String(count(mine, "expected failure")),
      "unexpected passes": String(count(mine, "unexpected pass")),
      failed: String(count(mine, "failed")),
    };
  });
  printTable(rows.filter(({ scenarios }) => scenarios !== "0"));
  for (const { scenario, check, verdict } of judged.filter(isWorthALine)) {
    const what = verdict === "passed" ? "warning" : verdict;
    const where = `${scenario.half} ${scenario.revision} ${scenario.name}, ${check.id}`;
    console.log(`\n${what}: ${where}${check.detail === undefined ? "" : `: ${check.detail}`}`);
  }
  if (count(judged, "unexpected pass") > 0)
    console.log("\nTake what passes unexpectedly out of scripts/conformance/baseline.json");
  console.log(`\n${passedIn(judged)} passed, ${count(judged, "failed")} failed`);
}

const count = (judged: readonly Judged[], wanted: Verdict): number => judged.filter(({ verdict }) => verdict === wanted).length;
const passedIn = (judged: readonly Judged[]): number => count(judged, "passed") + count(judged, "unexpected pass");

/** All that was not expected, and what passed with a warning. */
const isWorthALine = ({ verdict, check }: Judged): boolean =>
  verdict === "passed" ? check.detail !== undefined : verdict !== "expected failure";
