// Runs the official MCP conformance suite and the MCP Inspector against the built gateway, in both protocol eras, and compares what it finds with
// baseline.json. Run: npm run conformance -- [--half client|facade|plain|inspector] [--scenario NAME] [--verbose]
import { readOptions } from "../read-options.ts";
import { type Judged, judge, readBaseline } from "./baseline.ts";
import { printReport } from "./report.ts";
import { runAll } from "./run-all.ts";
import { HALVES, REVISIONS, scenariosOf } from "./scenarios.ts";
import { installSuite } from "./suite.ts";

const USAGE = "Usage: npm run conformance -- [--half client|facade|plain|inspector] [--scenario NAME] [--verbose]";

const { values } = readOptions(USAGE, {
  options: { half: { type: "string" }, scenario: { type: "string" }, verbose: { type: "boolean", default: false } },
});
const scenarios = HALVES.filter((half) => (values.half ?? half) === half)
  .flatMap((half) => REVISIONS.flatMap((revision) => scenariosOf(half, revision)))
  .filter(({ name }) => (values.scenario ?? name) === name);

if (scenarios.length === 0) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  const [suite, baseline] = await Promise.all([installSuite(), readBaseline()]);
  const outcomes = await runAll(suite, scenarios);
  if (values.verbose) for (const { output } of outcomes) console.log(output);
  const judged: readonly Judged[] = outcomes.flatMap((outcome) => judge(outcome, baseline));
  printReport(judged);
  process.exitCode = judged.some(({ verdict }) => verdict === "failed") ? 1 : 0;
}
