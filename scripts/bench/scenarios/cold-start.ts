import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Installation, initialize, install, spawnGateway } from "../gateway.ts";
import { LineDriver } from "../line-driver.ts";
import { rssMib } from "../process-figures.ts";
import { type Findings, type Row, showProgress } from "../report.ts";
import { bestFifth, median, shuffled, spread } from "../statistics.ts";

const ECHO = fileURLToPath(new URL("../backends/stdio-echo.mjs", import.meta.url));
const NODE_FLOOR = 'node -e ""';
const SLEEPER = { command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"] };

type Figures = ReadonlyMap<string, number[]>;

/** From spawn to the first answers, with nothing warm and no backend started, against the time Node itself needs. */
export async function coldStart(rounds: number): Promise<Findings> {
  using installation = install({ one: SLEEPER, two: SLEEPER, three: SLEEPER });
  const ms = new Map<string, number[]>();
  const rss: number[] = [];
  const runs = [() => bareNode(ms), () => bareEcho(ms), () => gateway(ms, rss, installation)];
  for (let round = 0; round < rounds; round += 1) {
    for (const run of shuffled(runs)) await run();
    showProgress(round + 1, rounds);
  }
  return {
    rows: toRows(ms, median(rss)),
    chart: { value: "ms p50", names: ["variant"] },
    notes: [`Times in ms from spawn; "x node" is the ratio to ${NODE_FLOOR} of the same run`],
  };
}

async function bareNode(ms: Map<string, number[]>): Promise<void> {
  const begin = performance.now();
  await once(spawn(process.execPath, ["-e", ""], { stdio: "ignore" }), "exit");
  record(ms, NODE_FLOOR, begin);
}

async function bareEcho(ms: Map<string, number[]>): Promise<void> {
  const begin = performance.now();
  await using echo = new LineDriver(process.execPath, [ECHO]);
  await echo.request(1, "initialize", {});
  record(ms, "stdio echo: first line back", begin);
}

async function gateway(ms: Map<string, number[]>, rss: number[], installation: Installation): Promise<void> {
  const begin = performance.now();
  await using driver = spawnGateway(installation);
  await initialize(driver);
  record(ms, "gateway: initialize answered", begin);
  await driver.request(2, "tools/list", {});
  record(ms, "gateway: tools/list answered", begin);
  const used = driver.child.pid === undefined ? undefined : rssMib(driver.child.pid);
  if (used !== undefined) rss.push(used);
}

function record(ms: Map<string, number[]>, name: string, begin: number): void {
  const list = ms.get(name) ?? [];
  ms.set(name, list);
  list.push(performance.now() - begin);
}

function toRows(ms: Figures, rss: number): Row[] {
  const floor = median(ms.get(NODE_FLOOR) ?? []);
  return [...ms]
    .map(([name, values]) => ({
      variant: name,
      "ms p50": median(values),
      "best 20 %": bestFifth(values),
      "spread %": spread(values) * 100,
      "x node": median(values) / floor,
      "RSS MiB": name.endsWith("tools/list answered") ? rss : undefined,
    }))
    .sort((a, b) => a["ms p50"] - b["ms p50"]);
}
