import { spawn } from "node:child_process";
import { once } from "node:events";
import { Scope } from "../../../src/model/scope.ts";
import { Sampler } from "../../soak/sampler.ts";
import { startHttpBackend } from "../backend.ts";
import { type Installation, initialize, install, spawnGateway, spawnProbedGateway } from "../gateway.ts";
import type { LineDriver } from "../line-driver.ts";
import { rssMib } from "../process-figures.ts";
import { type Findings, type Row, showProgress } from "../report.ts";
import { median, quantile, sorted, spread } from "../statistics.ts";

const TOOLS = 3_017;
const A_SERVER = 100;
const NEEDS = [
  "create an invoice",
  "list open issues of a project",
  "export the metrics of a cluster",
  "delete a calendar event",
];
const WARM_QUESTIONS = 50;
const NODE_FLOOR = 'node -e ""';

/** The first question to a fresh process that finds 3,017 tools kept by an earlier one, with nothing running. */
export async function discover(rounds: number): Promise<Findings> {
  await using scope = new Scope();
  const origin = await startHttpBackend(scope, "catalog-backend");
  const installation = install(registryOf(origin));
  scope.defer(() => installation[Symbol.dispose]());
  await learn(installation);
  const ms = new Map<string, number[]>([NODE_FLOOR, ...Object.values(NAMES)].map((name) => [name, []]));
  const rss: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ms.get(NODE_FLOOR)?.push(await bareNode());
    await fresh(installation, ms, rss);
    showProgress(round + 1, rounds);
  }
  const heapMib = await heapAfterOneQuestion(installation);
  const floor = median(ms.get(NODE_FLOOR) ?? []);
  return {
    rows: [...ms].map(([name, values]) => toRow(name, values, floor, name === NAMES.first ? { rss: median(rss), heapMib } : {})),
    chart: { value: "ms p50", names: ["variant"] },
    notes: [
      `${TOOLS} tools of ${Math.ceil(TOOLS / A_SERVER)} servers, none of which runs; times of the first two answers are from spawn`,
      '"heap MiB" is what is left after a collection, external memory included',
    ],
  };
}

const NAMES = {
  initialize: "from spawn to initialize",
  first: "from spawn to the first discover",
  warm: "a later discover",
  three: "a later discover of three needs",
} as const;

function registryOf(origin: string): object {
  const sizes = Array.from({ length: Math.ceil(TOOLS / A_SERVER) }, (_, at) => Math.min(A_SERVER, TOOLS - at * A_SERVER));
  return Object.fromEntries(sizes.map((size, at) => [`server-${at}`, { url: `${origin}/${at}/${size}`, protocolEra: "legacy" }]));
}

/** An earlier process sees all tools and keeps them, and its index with them. */
async function learn(installation: Installation): Promise<void> {
  await using gateway = spawnGateway(installation);
  await initialize(gateway);
  const found = await ask(gateway, [NEEDS[0] ?? ""]);
  if (found.includes("not known yet")) throw new Error(`Cannot learn the tools: ${found}`);
}

async function fresh(installation: Installation, ms: Map<string, number[]>, rss: number[]): Promise<void> {
  const begin = performance.now();
  await using gateway = spawnGateway(installation);
  await initialize(gateway);
  ms.get(NAMES.initialize)?.push(performance.now() - begin);
  await ask(gateway, [NEEDS[0] ?? ""]);
  ms.get(NAMES.first)?.push(performance.now() - begin);
  rss.push(gateway.child.pid === undefined ? Number.NaN : (rssMib(gateway.child.pid) ?? Number.NaN));
  for (let at = 0; at < WARM_QUESTIONS; at += 1) {
    ms.get(NAMES.warm)?.push(await timed(() => ask(gateway, [NEEDS[at % NEEDS.length] ?? ""])));
    ms.get(NAMES.three)?.push(await timed(() => ask(gateway, NEEDS.slice(1))));
  }
}

async function heapAfterOneQuestion(installation: Installation): Promise<number> {
  await using gateway = spawnProbedGateway(installation);
  await initialize(gateway);
  await ask(gateway, [NEEDS[0] ?? ""]);
  const { heapMib } = await new Sampler(gateway.child).take();
  return heapMib;
}

let nextId = 1_000;

const ask = (gateway: LineDriver, needs: readonly string[]): Promise<string> =>
  gateway.request(nextId++, "tools/call", { name: "discover", arguments: { needs } });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function bareNode(): Promise<number> {
  return await timed(() => once(spawn(process.execPath, ["-e", ""], { stdio: "ignore" }), "exit"));
}

const toRow = (variant: string, values: readonly number[], floor: number, memory: { rss?: number; heapMib?: number }): Row => ({
  variant,
  "ms p50": median(values),
  "ms p99": quantile(sorted(values), 0.99),
  "spread %": spread(values) * 100,
  "x node": median(values) / floor,
  "RSS MiB": memory.rss,
  "heap MiB": memory.heapMib,
});
