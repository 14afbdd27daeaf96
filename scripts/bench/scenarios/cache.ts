import { Scope } from "../../../src/model/scope.ts";
import { startHttpBackend } from "../backend.ts";
import { callLine, initialize, install, spawnGateway } from "../gateway.ts";
import { HttpDriver } from "../http-driver.ts";
import type { LineDriver } from "../line-driver.ts";
import type { Findings, Row } from "../report.ts";
import { type Case, runRounds, type Variant } from "../rounds.ts";
import { costColumns, p50Of, timingColumns } from "../timing-columns.ts";

const IN_FLIGHT = [1, 16];
const WARM_UP = 1_000;
const DIRECT = "direct HTTP call";
const TTL_MS = 3_600_000;

/** The same read-only tool: answered from memory, asked because the arguments are new, asked because it must be fresh. */
export async function cache(rounds: number, calls: number): Promise<Findings> {
  await using scope = new Scope();
  const url = await startHttpBackend(scope);
  const direct = scope.use(new HttpDriver(url));
  const installation = install({
    plain: { url, protocolEra: "legacy" },
    cached: { url, protocolEra: "legacy", trust: { annotations: true }, cacheTtlMs: TTL_MS },
  });
  scope.defer(() => installation[Symbol.dispose]());
  const gateway = scope.use(spawnGateway(installation));
  await initialize(gateway);
  for (const [at, server] of ["plain", "cached"].entries()) await gateway.request(2 + at, "tools/call", invocation(server, "x"));
  const variants: Variant[] = [
    {
      name: DIRECT,
      pid: undefined,
      call: (id, done) => direct.send(callLine(id, { name: "echo", arguments: { text: "same" } }), done),
    },
    through(gateway, "gateway, no cache", () => invocation("plain", "same")),
    through(gateway, "gateway, miss", (id) => invocation("cached", `new ${id}`)),
    through(gateway, "gateway, fresh", () => invocation("cached", "same", { fresh: true })),
    through(gateway, "gateway, hit", () => invocation("cached", "same")),
  ];
  for (const variant of variants) await runRounds([{ variant, inFlight: 16, rounds: [] }], 1, WARM_UP);
  const cases = variants.flatMap((variant) => IN_FLIGHT.map((inFlight): Case => ({ variant, inFlight, rounds: [] })));
  await runRounds(cases, rounds, calls);
  return {
    rows: toRows(cases),
    chart: { value: "p50 us", names: ["variant", "in flight"] },
    notes: [`"x direct" is p50 against "${DIRECT}" at the same number in flight, same run`],
  };
}

const through = (gateway: LineDriver, name: string, paramsOf: (id: number) => object): Variant => ({
  name,
  pid: gateway.child.pid,
  call: (id, done) => gateway.send(id, callLine(id, paramsOf(id)), done),
});

const invocation = (server: string, text: string, more: object = {}) => ({
  name: "invoke",
  arguments: { tool: `${server}/echo`, arguments: { text }, ...more },
});

function toRows(cases: readonly Case[]): Row[] {
  const direct = (inFlight: number) => cases.find((other) => other.variant.name === DIRECT && other.inFlight === inFlight);
  return cases.map((each) => ({
    ...timingColumns(each),
    "x direct": p50Of(each) / p50Of(direct(each.inFlight)),
    ...costColumns(each),
  }));
}
