import { Scope } from "../../../src/model/scope.ts";
import { backendFile, startHttpBackend } from "../backend.ts";
import { initialize, install, spawnGateway } from "../gateway.ts";
import { HttpDriver } from "../http-driver.ts";
import { LineDriver } from "../line-driver.ts";
import { rssMib } from "../process-figures.ts";
import type { Findings, Row } from "../report.ts";
import { type Case, runRounds, type Variant } from "../rounds.ts";
import { bestFifth, median, spread } from "../statistics.ts";

const IN_FLIGHT = [1, 16, 64];
const WARM_UP = 2_000;
const ECHO = "stdio echo";
const DIRECT = "direct HTTP call";
const TEXT = "a".repeat(64);

/** `invoke` through the gateway to a fast backend over each transport, against the hops that nothing can save. */
export async function call(rounds: number, calls: number): Promise<Findings> {
  await using scope = new Scope();
  const variants = await openVariants(scope);
  for (const variant of variants) await runRounds([{ variant, inFlight: 16, rounds: [] }], 1, WARM_UP);
  const cases = variants.flatMap((variant) => IN_FLIGHT.map((inFlight): Case => ({ variant, inFlight, rounds: [] })));
  await runRounds(cases, rounds, calls);
  return {
    rows: toRows(cases),
    chart: { value: "p50 us", names: ["variant", "in flight"] },
    notes: [
      `Floor at 1 in flight: p50 of "${ECHO}" plus p50 of "${DIRECT}", same run`,
      `"/ direct" is throughput against "${DIRECT}" at the same number in flight; CPU and RSS are the gateway's`,
    ],
  };
}

async function openVariants(scope: Scope): Promise<Variant[]> {
  const url = await startHttpBackend(scope);
  const direct = scope.use(new HttpDriver(url));
  const echo = scope.use(new LineDriver(process.execPath, [backendFile("stdio-echo")]));
  const installation = install({
    legacy: { url, protocolEra: "legacy" },
    modern: { url, protocolEra: "modern" },
    stdio: { command: process.execPath, args: [backendFile("stdio-backend")] },
  });
  scope.defer(() => installation[Symbol.dispose]());
  const gateway = scope.use(spawnGateway(installation));
  await initialize(gateway);
  const through = async (server: string, name: string): Promise<Variant> => {
    await gateway.request(2, "tools/call", invocation(server)); // starts it, and fails loudly if it cannot
    return { name, pid: gateway.child.pid, call: (id, done) => gateway.send(id, line(id, invocation(server)), done) };
  };
  return [
    { name: ECHO, pid: undefined, call: (id, done) => echo.send(id, line(id, invocation("echo")), done) },
    {
      name: DIRECT,
      pid: undefined,
      call: (id, done) => direct.send(line(id, { name: "echo", arguments: { text: TEXT } }), done),
    },
    await through("legacy", "gateway, HTTP backend (2025-11-25)"),
    await through("modern", "gateway, HTTP backend (2026-07-28)"),
    await through("stdio", "gateway, stdio backend"),
  ];
}

const invocation = (server: string) => ({ name: "invoke", arguments: { tool: `${server}/echo`, arguments: { text: TEXT } } });
const line = (id: number, params: object): string => `${JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params })}\n`;

function toRows(cases: readonly Case[]): Row[] {
  const at = (name: string, inFlight: number) => cases.find((each) => each.variant.name === name && each.inFlight === inFlight);
  const p50 = (each: Case | undefined) => median((each?.rounds ?? []).map((round) => round.p50Micros));
  const rate = (each: Case | undefined) => median((each?.rounds ?? []).map((round) => round.perSecond));
  const floor = p50(at(ECHO, 1)) + p50(at(DIRECT, 1));
  return cases.map((each) => {
    const { variant, inFlight, rounds } = each;
    const cpu = rounds.map((round) => round.cpuMicrosPerCall).filter((value) => value !== undefined);
    return {
      variant: variant.name,
      "in flight": String(inFlight),
      "p50 us": p50(each),
      "best 20 %": bestFifth(rounds.map((round) => round.p50Micros)),
      "spread %": spread(rounds.map((round) => round.p50Micros)) * 100,
      "p99 us": median(rounds.map((round) => round.p99Micros)),
      "calls/s": rate(each),
      "x floor": inFlight === 1 ? p50(each) / floor : undefined,
      "/ direct": rate(each) / rate(at(DIRECT, inFlight)),
      "CPU us/call": cpu.length > 0 ? median(cpu) : undefined,
      "RSS MiB": variant.pid === undefined ? undefined : rssMib(variant.pid),
      errors: String(rounds.reduce((sum, round) => sum + round.errors, 0)),
    };
  });
}
