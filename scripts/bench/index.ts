// Measures the built gateway against floors of the same run. See USAGE.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { readOptions } from "../read-options.ts";
import { drawBars } from "./draw-bars.ts";
import { brokenLimits } from "./headlines.ts";
import { describeMachine, type Machine, pinToOneCpu } from "./machine.ts";
import { type Findings, printTable, type Results, writeJson } from "./report.ts";
import { cache } from "./scenarios/cache.ts";
import { call } from "./scenarios/call.ts";
import { coldStart } from "./scenarios/cold-start.ts";
import { discover } from "./scenarios/discover.ts";
import { isolation } from "./scenarios/isolation.ts";
import { large } from "./scenarios/large.ts";
import { start } from "./scenarios/start.ts";
import { streaming } from "./scenarios/streaming.ts";

/** In one round of isolation: of fewer the p99 is that of a handful, and tells of the machine. */
const LEAST_FOR_P99 = 2_000;

const SCENARIOS: Readonly<Record<string, (rounds: number, calls: number, gatewayCpu?: string) => Promise<Findings>>> = {
  "cold-start": coldStart,
  discover,
  call,
  cache,
  large,
  streaming,
  start,
  isolation: (rounds, calls, gatewayCpu) => isolation(rounds, Math.max(LEAST_FOR_P99, calls), gatewayCpu),
};
const USAGE = `npm run bench -- ${Object.keys(SCENARIOS).join("|")}|all
  --rounds N    how often each variant is measured, in another order each time (default 20)
  --calls N     calls of one variant in one round (default 400)
  --output FILE where the figures go as JSON, with a drawing beside it (default bench-results/NAME.json)
  --assert      ends with 1 if a figure is beyond its limit in scripts/bench/headlines.json, and still is when it is measured again
  --cpu N       the CPU on which all processes run (default 0)
  --gateway-cpu N  in isolation, the gateway's own CPU, so that its times are not another process' turn (default: another one than --cpu)
  --no-pin      leaves it to the system on which CPUs the processes run`;

const { positionals, values } = readOptions(USAGE, {
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "20" },
    calls: { type: "string", default: "400" },
    output: { type: "string" },
    assert: { type: "boolean", default: false },
    cpu: { type: "string", default: "0" },
    "gateway-cpu": { type: "string" },
    "no-pin": { type: "boolean", default: false },
  },
});
const name = positionals[0] ?? "";
const names = name === "all" ? Object.keys(SCENARIOS) : Object.keys(SCENARIOS).filter((each) => each === name);
const settings = { rounds: Number(values.rounds), calls: Number(values.calls) };

if (names.length === 0 || !(settings.rounds >= 1) || !(settings.calls >= 1)) {
  console.error(USAGE);
  process.exitCode = 2;
} else await measure(describeMachine(values["no-pin"] ? "no" : pinToOneCpu(values.cpu)));

async function measure(machine: Machine): Promise<void> {
  const { cpu, cores, node, pinnedTo } = machine;
  console.log(`${settings.rounds} rounds; Node ${node}; ${cores} x ${cpu}; pinned: ${pinnedTo}`);
  const first = await run(names);
  keep(machine, first);
  if (values.assert) await judge(machine, first);
}

async function run(scenarios: Iterable<string>): Promise<Results> {
  const results: Record<string, Findings> = {};
  for (const each of scenarios) {
    console.log(`\n${each}; load ${describeMachine("").loadAtStart.toFixed(1)}\n`);
    const findings = await SCENARIOS[each]?.(settings.rounds, settings.calls, gatewayCpu());
    if (!findings) continue;
    results[each] = findings;
    printTable(findings.rows);
    for (const note of findings.notes) console.log(`\n${note}`);
  }
  return results;
}

/** Undefined where nothing is pinned, or there is only one. */
function gatewayCpu(): string | undefined {
  if (values["gateway-cpu"] !== undefined || values["no-pin"]) return values["gateway-cpu"];
  return cpus().length > 1 ? String((Number(values.cpu) + 1) % cpus().length) : undefined;
}

function keep(machine: Machine, results: Results): void {
  const file = values.output ?? `bench-results/${name}.json`;
  writeJson(file, machine, settings, results);
  const drawing = `${file.replace(/\.json$/, "")}.svg`;
  writeFileSync(drawing, drawBars(results));
  console.error(`\nWritten to ${file}, drawn in ${drawing}`);
}

/** What is beyond its limit is measured again: other programs of the machine come and go, a regression stays. */
async function judge(machine: Machine, first: Results): Promise<void> {
  const suspects = brokenLimits(first);
  for (const { line } of suspects) console.error(`${line}: measured again`);
  const second = await run(new Set(suspects.map(({ scenario }) => scenario)));
  if (suspects.length > 0) {
    const again = Object.entries(second).map(([scenario, findings]) => [`${scenario}, again`, findings] as const);
    keep(machine, { ...first, ...Object.fromEntries(again) });
  }
  const broken = brokenLimits(second).filter(({ title }) => suspects.some((suspect) => suspect.title === title));
  for (const { line } of broken) console.error(line);
  console.error(broken.length === 0 ? "All figures are within their limits" : `${broken.length} figures are beyond their limits`);
  if (broken.length > 0) process.exitCode = 1;
}
