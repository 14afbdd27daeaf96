// Changes the source in small ways, one at a time, and counts how many of these mutants the unit tests notice.
// Run: npm run mutation -- [GROUP...] [--concurrency N]; the survivors are printed, and kept in bench-results/mutation.
import { readOptions } from "../read-options.ts";
import { GROUPS, OVERALL_FLOOR } from "./groups.ts";
import { runStryker } from "./run-stryker.ts";
import { meets, row, type Score, scoreOf, sum } from "./score.ts";

const USAGE = `Usage: npm run mutation -- [${GROUPS.map(({ name }) => name).join("|")}]... [--concurrency N]`;

const { values, positionals } = readOptions(USAGE, {
  allowPositionals: true,
  options: { concurrency: { type: "string", default: "1" } },
});
const concurrency = Number(values.concurrency);
const chosen = GROUPS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const unknown = positionals.filter((name) => !GROUPS.some((group) => group.name === name));

if (unknown.length > 0 || !Number.isInteger(concurrency) || concurrency < 1) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  const scores: Score[] = [];
  for (const group of chosen) scores.push(scoreOf(group, await runStryker(group, concurrency)));
  if (chosen.length === GROUPS.length) scores.push(sum("overall", OVERALL_FLOOR, scores));
  console.log(["", "group          mutants   killed survived    score    floor", ...scores.map(row)].join("\n"));
  process.exitCode = scores.every(meets) ? 0 : 1;
}
