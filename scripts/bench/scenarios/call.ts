import { Scope } from "../../../src/model/scope.ts";
import { backendFile, startHttpBackend } from "../backend.ts";
import { behindSocket } from "../container-starts.ts";
import { callLine, initialize, install, spawnGateway } from "../gateway.ts";
import { HttpDriver } from "../http-driver.ts";
import { LineDriver } from "../line-driver.ts";
import { rssMib } from "../process-figures.ts";
import { openRawEngine } from "../raw-engine.ts";
import type { Findings, Row } from "../report.ts";
import { type Case, runRounds, type Variant } from "../rounds.ts";
import { bestOf, costColumns, p50Of, rateOf, timingColumns } from "../timing-columns.ts";

const IN_FLIGHT = [1, 16, 64];
/** Measured last: the memory that is told of the others is what they need, and not what this does. */
const CROWD = 256;
const WARM_UP = 2_000;
const ECHO = "stdio echo";
const DIRECT = "direct HTTP call";
const HTTP_SPLICE = "bare splice, HTTP backend";
const STDIO_SPLICE = "bare splice, stdio backend";
const STDIO = "gateway, stdio backend (2025-11-25)";
const MODERN_STDIO = "gateway, stdio backend (2026-07-28)";
const TEXT = "a".repeat(64);

/** `invoke` through the gateway to a fast backend over each transport, against the hops that nothing can save. */
export async function call(rounds: number, calls: number): Promise<Findings> {
  await using scope = new Scope();
  const variants = await openVariants(scope);
  for (const variant of variants) await runRounds([{ variant, inFlight: 16, rounds: [] }], 1, WARM_UP);
  const cases = variants.flatMap((variant) => IN_FLIGHT.map((inFlight): Case => ({ variant, inFlight, rounds: [] })));
  await runRounds(cases, rounds, calls);
  const memory = new Map(cases.map((each) => [each, memoryOf(each)]));
  const crowds = variants.map((variant): Case => ({ variant, inFlight: CROWD, rounds: [] }));
  await runRounds(crowds, rounds, calls);
  for (const each of crowds) memory.set(each, memoryOf(each));
  return {
    rows: toRows([...cases, ...crowds], memory),
    chart: { value: "p50 us", names: ["variant", "in flight"] },
    notes: [
      `Floor at 1 in flight: p50 of "${ECHO}" plus p50 of "${DIRECT}", same run; "best" is of the best 20 % of rounds`,
      `"bare splice" is a gateway of one page that reads a call, sends it on and writes the answer unseen: what this machine makes of`,
      `the hops, the HTTP client and a process in between. "x splice" compares with the one for the same kind of backend`,
      `"+ us" is on top of "${DIRECT}"; "/ direct" is throughput against "${DIRECT}" at the same number in flight; CPU and RSS are the gateway's`,
    ],
  };
}

async function openVariants(scope: Scope): Promise<Variant[]> {
  const url = await startHttpBackend(scope);
  const direct = scope.use(new HttpDriver(url));
  const echo = scope.use(new LineDriver(process.execPath, [backendFile("stdio-echo")]));
  const engine = await openRawEngine();
  if (engine) scope.use(engine);
  const overStdio = { command: process.execPath, args: [backendFile("stdio-backend")] };
  const servers = {
    legacy: { url, protocolEra: "legacy" },
    modern: { url, protocolEra: "modern" },
    stdio: { ...overStdio, protocolEra: "legacy" },
    "stdio-modern": { ...overStdio, protocolEra: "modern" },
    ...(engine && { socket: { ...behindSocket("http-backend"), protocolEra: "legacy" } }),
  };
  const installation = install(servers, engine ? { engine: engine.address } : {});
  scope.defer(() => installation[Symbol.dispose]());
  const gateway = scope.use(spawnGateway(installation));
  await initialize(gateway);
  const splice = (name: string, target: string): Variant => {
    const driver = scope.use(new LineDriver(process.execPath, [backendFile("splice"), target]));
    return { name, pid: driver.child.pid, call: (id, done) => driver.send(id, callLine(id, invocation("")), done) };
  };
  const through = async (server: string, name: string): Promise<Variant> => {
    await gateway.request(2, "tools/call", invocation(server)); // starts it, and fails loudly if it cannot
    return { name, pid: gateway.child.pid, call: (id, done) => gateway.send(id, callLine(id, invocation(server)), done) };
  };
  return [
    { name: ECHO, pid: undefined, call: (id, done) => echo.send(id, callLine(id, invocation("echo")), done) },
    {
      name: DIRECT,
      pid: undefined,
      call: (id, done) => direct.send(callLine(id, { name: "echo", arguments: { text: TEXT } }), done),
    },
    splice(HTTP_SPLICE, url),
    splice(STDIO_SPLICE, backendFile("stdio-backend")),
    await through("legacy", "gateway, HTTP backend (2025-11-25)"),
    await through("modern", "gateway, HTTP backend (2026-07-28)"),
    ...(engine ? [await through("socket", "gateway, container on a unix socket (2025-11-25)")] : []),
    await through("stdio", STDIO),
    await through("stdio-modern", MODERN_STDIO),
  ];
}

const invocation = (server: string) => ({ name: "invoke", arguments: { tool: `${server}/echo`, arguments: { text: TEXT } } });

const memoryOf = ({ variant: { pid } }: Case): number | undefined => (pid === undefined ? undefined : rssMib(pid));

function toRows(cases: readonly Case[], memory: ReadonlyMap<Case, number | undefined>): Row[] {
  const at = (name: string, inFlight: number) => cases.find((each) => each.variant.name === name && each.inFlight === inFlight);
  const floor = p50Of(at(ECHO, 1)) + p50Of(at(DIRECT, 1));
  const bestFloor = bestOf(at(ECHO, 1)) + bestOf(at(DIRECT, 1));
  const isGateway = ({ variant }: Case) => variant.name.startsWith("gateway");
  const spliceOf = ({ variant, inFlight }: Case) => at(variant.name.includes("stdio") ? STDIO_SPLICE : HTTP_SPLICE, inFlight);
  return cases.map((each) => ({
    ...timingColumns(each),
    "x floor": each.inFlight === 1 ? p50Of(each) / floor : undefined,
    "best x floor": each.inFlight === 1 ? bestOf(each) / bestFloor : undefined,
    "+ us": isGateway(each) && each.inFlight === 1 ? p50Of(each) - p50Of(at(DIRECT, 1)) : undefined,
    "x splice": isGateway(each) ? p50Of(each) / p50Of(spliceOf(each)) : undefined,
    "/ direct": rateOf(each) / rateOf(at(DIRECT, each.inFlight)),
    ...costColumns(each),
    "RSS MiB": memory.get(each),
  }));
}
