// Measures the built gateway against floors of the same run. Run: npm run bench -- cold-start|call|cache|large|start|isolation [--rounds N]
// [--calls N] [--output FILE] [--no-pin]
import { parseArgs } from "node:util";
import { describeMachine, pinToOneCpu } from "./machine.ts";
import { type Findings, printTable, writeJson } from "./report.ts";
import { cache } from "./scenarios/cache.ts";
import { call } from "./scenarios/call.ts";
import { coldStart } from "./scenarios/cold-start.ts";
import { isolation } from "./scenarios/isolation.ts";
import { large } from "./scenarios/large.ts";
import { start } from "./scenarios/start.ts";

const SCENARIOS: Readonly<Record<string, (rounds: number, calls: number) => Promise<Findings>>> = {
  "cold-start": coldStart,
  call,
  cache,
  large,
  start,
  isolation,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "20" },
    calls: { type: "string", default: "400" },
    output: { type: "string" },
    "no-pin": { type: "boolean", default: false },
  },
});
const name = positionals[0] ?? "";
const scenario = SCENARIOS[name];
const [rounds, calls] = [Number(values.rounds), Number(values.calls)];

if (!scenario || !(rounds >= 1) || !(calls >= 1)) {
  console.error(
    `Usage: npm run bench -- ${Object.keys(SCENARIOS).join("|")} [--rounds N] [--calls N] [--output FILE] [--no-pin]`,
  );
  process.exitCode = 2;
} else {
  const machine = describeMachine(values["no-pin"] ? "no" : pinToOneCpu());
  const findings = await scenario(rounds, calls);
  const { cpu, cores, node, pinnedTo, loadAtStart } = machine;
  console.log(
    `${name}: ${rounds} rounds; Node ${node}; ${cores} x ${cpu}; pinned: ${pinnedTo}; load ${loadAtStart.toFixed(1)}\n`,
  );
  printTable(findings.rows);
  for (const note of findings.notes) console.log(`\n${note}`);
  const file = values.output ?? `bench-results/${name}.json`;
  writeJson(file, name, machine, { rounds, calls }, findings);
  console.error(`\nWritten to ${file}`);
}
