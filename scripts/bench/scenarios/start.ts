import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Scope } from "../../../src/model/scope.ts";
import { containerStarts } from "../container-starts.ts";
import { freePort, openRawEngine, pollTool } from "../raw-engine.ts";
import { type Findings, type Row, showProgress } from "../report.ts";
import { StartGateway } from "../start-gateway.ts";
import { marksIn, type Start, stretches, totals, wallMs } from "../start-marks.ts";
import { bestFifth, median, shuffled, spread } from "../statistics.ts";

const TIMED = fileURLToPath(new URL("../backends/timed-backend.mjs", import.meta.url));
const PROCESS_FLOOR = "process: spawn, poll";

/** From the first call of a server that does not run to its answer, against starting the same thing with nothing around it. */
export async function start(rounds: number): Promise<Findings> {
  await using scope = new Scope();
  const engine = await openRawEngine();
  if (engine) scope.use(engine);
  const starts = [...(await processStarts(scope)), ...(engine ? await containerStarts(engine, scope) : [])];
  for (const each of starts) await each.run(); // warms the page cache, the era memory and the tool lists
  for (let round = 0; round < rounds; round += 1) {
    for (const each of shuffled(starts)) each.rounds.push(await each.run());
    showProgress(round + 1, rounds);
  }
  return { rows: starts.map((each) => toRow(each, starts)), chart: { value: "ms p50", names: ["start"] }, notes: NOTES };
}

const NOTES = [
  'Medians in ms: "engine" ends when the process begins, "boot" when it listens, "ready" with its first MCP answer, "call" with ours',
  '"ours %" is what a start through the gateway takes on top of its floor of the same run, medians and best fifths',
];

async function processStarts(scope: Scope): Promise<Start[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the gateway fills this in
  const entry = { command: process.execPath, args: [TIMED], transport: "http", env: { PORT: "${PORT}" } };
  const gateway = await StartGateway.open({ timed: entry }, {}, scope);
  return [
    { name: PROCESS_FLOOR, floor: undefined, rounds: [], run: bareProcess },
    { name: "process, through the gateway", floor: PROCESS_FLOOR, rounds: [], run: () => gateway.firstCall("timed") },
  ];
}

async function bareProcess() {
  const port = await freePort();
  const asked = wallMs();
  const child = spawn(process.execPath, [TIMED], { env: { PATH: process.env["PATH"], PORT: String(port) }, stdio: "ignore" });
  const answer = await pollTool({ port });
  const done = wallMs();
  child.kill("SIGKILL");
  await once(child, "exit");
  return { asked, ...marksIn(answer), answered: done, done };
}

function toRow({ name, floor, rounds }: Start, starts: readonly Start[]): Row {
  const all = totals(rounds);
  const below = totals(starts.find((each) => each.name === floor)?.rounds ?? []);
  const { engine, boot, ready, call } = stretches(rounds);
  return {
    start: name,
    "ms p50": median(all),
    "best 20 %": bestFifth(all),
    "spread %": spread(all) * 100,
    engine: engine || undefined,
    boot: boot || undefined,
    ready: ready || undefined,
    call,
    "ours ms": floor && median(all) - median(below),
    "ours %": floor && (median(all) / median(below) - 1) * 100,
    "best %": floor && (bestFifth(all) / bestFifth(below) - 1) * 100,
  };
}
