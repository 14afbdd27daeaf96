import { Scope } from "../../../src/model/scope.ts";
import { MAX_RESULT_TOKENS } from "../../../src/model/units.ts";
import { backendFile, startHttpBackend } from "../backend.ts";
import { callLine, initialize, install, spawnGateway } from "../gateway.ts";
import { HttpDriver } from "../http-driver.ts";
import { LineDriver } from "../line-driver.ts";
import { peakRssMib } from "../process-figures.ts";
import { type Findings, type Row, showProgress } from "../report.ts";
import { type Case, runRounds, type Variant } from "../rounds.ts";
import { median, spread } from "../statistics.ts";
import { p50Of } from "../timing-columns.ts";

const KB = 1_000;
const SIZES: readonly (readonly [name: string, bytes: number])[] = [
  ["1 KB", KB],
  ["10 KB", 10 * KB],
  ["100 KB", 100 * KB],
  ["1 MB", KB ** 2],
  ["5 MB", 5 * KB ** 2],
  ["8 MB", 8 * KB ** 2],
  ["100 MB", 100 * KB ** 2],
];
/** So much goes over the wire in one round of one variant; at least so many calls, though. */
const BYTES_A_ROUND = 20 * KB ** 2;
const FEWEST = 3;
const WHOLE = { maxResultTokens: MAX_RESULT_TOKENS.most };

/** One way of a kind of answer, and the process it takes the answer from line by line, if there is one. */
interface Way extends Variant {
  readonly kind: string;
  readonly driver: LineDriver | undefined;
  readonly isGateway: boolean;
  readonly isSplice?: boolean;
}

/** Big answers that pass whole, as text and as images, and text that is cut at the model's budget; and what memory they take. */
export async function large(rounds: number, calls: number): Promise<Findings> {
  await using scope = new Scope();
  const url = await startHttpBackend(scope);
  const direct = scope.use(new HttpDriver(url));
  const stdio = scope.use(new LineDriver(process.execPath, [backendFile("stdio-backend")]));
  const whole = await openGateway({ url, ...WHOLE }, scope);
  const cut = await openGateway({ url }, scope);
  const splice = scope.use(new LineDriver(process.execPath, [backendFile("splice"), url]));
  const rows: Row[] = [];
  for (const [at, [size, bytes]] of SIZES.entries()) {
    const floors = ["text", "image"].flatMap((kind) => [overHttp(direct, kind, bytes), overStdio(stdio, kind, bytes)]);
    const ways = [
      ...floors,
      spliced(splice, "text", bytes),
      spliced(splice, "image", bytes),
      through(whole, "gateway, text", "text", bytes),
      through(whole, "gateway, image", "image", bytes),
      through(cut, "gateway, text to be cut", "text", bytes),
    ];
    const count = Math.max(FEWEST, Math.min(calls, Math.floor(BYTES_A_ROUND / bytes)));
    rows.push(...(await measure(size, ways, rounds, count, warmUpFor(bytes))));
    showProgress(at + 1, SIZES.length);
  }
  return {
    rows,
    chart: { value: "p50 ms", names: ["size", "variant"] },
    notes: [
      '"bare splice" is a gateway of one page that reads a call, sends it on and writes the answer unseen',
      'Floor: p50 of "HTTP" plus p50 of "stdio" of the same kind and size, both bare, same run; the backend makes each answer once',
      '"CPU ms" and "peak RSS" are the gateway\'s, the latter since its start; one gateway passes whole answers, another cuts',
      '"answer" is what came of the last call: whole, cut with a handle for the rest, or refused with an error',
    ],
  };
}

async function openGateway(server: object, scope: Scope): Promise<LineDriver> {
  const installation = install({ big: { protocolEra: "legacy", ...server } });
  scope.defer(() => installation[Symbol.dispose]());
  const gateway = scope.use(spawnGateway(installation));
  await initialize(gateway);
  await gateway.request(2, "tools/call", { name: "invoke", arguments: { tool: "big/echo", arguments: { text: "x" } } });
  return gateway;
}

const overHttp = (direct: HttpDriver, kind: string, bytes: number): Way => ({
  name: `HTTP, ${kind}`,
  kind,
  pid: undefined,
  driver: undefined,
  isGateway: false,
  call: (id, done) => direct.send(callLine(id, { name: "echo", arguments: { bytes, kind } }), done),
});

const overStdio = (stdio: LineDriver, kind: string, bytes: number): Way => ({
  name: `stdio, ${kind}`,
  kind,
  pid: undefined,
  driver: stdio,
  isGateway: false,
  call: (id, done) => stdio.send(id, callLine(id, { name: "echo", arguments: { bytes, kind } }), done),
});

const through = (gateway: LineDriver, name: string, kind: string, bytes: number): Way => ({
  name,
  kind,
  pid: gateway.child.pid,
  driver: gateway,
  isGateway: true,
  call: (id, done) =>
    gateway.send(id, callLine(id, { name: "invoke", arguments: { tool: "big/echo", arguments: { bytes, kind } } }), done),
});

const spliced = (splice: LineDriver, kind: string, bytes: number): Way => ({
  ...through(splice, `bare splice, ${kind}`, kind, bytes),
  isGateway: false,
  isSplice: true,
});

async function measure(size: string, ways: readonly Way[], rounds: number, calls: number, warmUp: number): Promise<Row[]> {
  const cases = ways.map((way) => ({ way, variant: way, inFlight: 1, rounds: [] }) satisfies Case & { way: Way });
  await runRounds(cases, 1, warmUp);
  for (const each of cases) each.rounds.length = 0;
  await runRounds(cases, rounds, calls);
  const rows: Row[] = [];
  for (const each of cases) rows.push(await toRow(size, each, cases, rounds * calls));
  return rows;
}

/** What is measured is a gateway whose code the engine has compiled, and not the compiling. */
const WARM_UP = { calls: 100, bytes: 100 * KB ** 2 };

const warmUpFor = (bytes: number): number => Math.max(FEWEST, Math.min(WARM_UP.calls, Math.floor(WARM_UP.bytes / bytes)));

async function toRow(
  size: string,
  each: Case & { way: Way },
  cases: readonly (Case & { way: Way })[],
  calls: number,
): Promise<Row> {
  const { way, rounds } = each;
  const bare = cases.filter((other) => !other.way.isGateway && other.way.kind === way.kind);
  const floor = bare.filter((other) => !other.way.isSplice).reduce((sum, other) => sum + p50Of(other), 0);
  const splice = bare.find((other) => other.way.isSplice);
  const cpu = rounds.flatMap(({ cpuMicrosPerCall }) => cpuMicrosPerCall ?? []);
  return {
    size,
    variant: way.name,
    calls: String(calls),
    "p50 ms": p50Of(each) / 1_000,
    "spread %": spread(rounds.map((round) => round.p50Micros)) * 100,
    "p99 ms": median(rounds.map((round) => round.p99Micros)) / 1_000,
    "x floor": way.isGateway || way.isSplice ? p50Of(each) / floor : undefined,
    "x splice": way.isGateway && splice ? p50Of(each) / p50Of(splice) : undefined,
    "CPU ms": cpu.length > 0 ? median(cpu) / 1_000 : undefined,
    "peak RSS MiB": way.pid === undefined ? undefined : peakRssMib(way.pid),
    answer: await fateOf(way),
  };
}

let nextId = 1; // a benchmark's own ids begin at 1,000

/** What comes of one more call. */
async function fateOf({ driver, call }: Way): Promise<string> {
  await new Promise((resolve) => call(nextId++ % 1_000, resolve));
  const line = driver?.lastLine ?? "";
  if (/"isError":true|"error":\{/.test(line)) return "refused";
  return line.includes("io.sallyport/result") ? "cut" : "whole";
}
