// Ledger chaos: calls through the built gateway while something goes wrong every 200 ms; afterwards every answer is laid
// beside what the backends wrote down. Run: npm run chaos -- [--calls N] [--seconds N] [--in-flight N] [--seed N]
import { printTable } from "../bench/report.ts";
import { readOptions } from "../read-options.ts";
import { runChaos } from "./run-chaos.ts";

const USAGE = "Usage: npm run chaos -- [--calls N] [--seconds N] [--in-flight N] [--seed N]";

const { values } = readOptions(USAGE, {
  options: {
    calls: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "86400" },
    "in-flight": { type: "string", default: "64" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const [calls, seconds, inFlight, seed] = [values.calls, values.seconds, values["in-flight"], values.seed].map(Number);

if (
  !(calls && calls >= 1) ||
  !(seconds && seconds > 0) ||
  !(inFlight && inFlight >= 1) ||
  seed === undefined ||
  Number.isNaN(seed)
) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  console.log(`Seed ${seed}: replay the same faults with --seed ${seed}\n`);
  const { rows, notes, violations, violationCount } = await runChaos({ calls, seconds, inFlight, seed });
  printTable(rows);
  for (const note of notes) console.log(`\n${note}`);
  for (const { rule, nonce, detail } of violations) console.log(`\nVIOLATION ${rule}, call ${nonce}: ${detail}`);
  console.log(violationCount === 0 ? "\nOK" : `\n${violationCount} violations`);
  process.exitCode = violationCount === 0 ? 0 : 1;
}
