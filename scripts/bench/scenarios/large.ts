import { Scope } from "../../../src/model/scope.ts";
import { startHttpBackend } from "../backend.ts";
import { callLine, initialize, install, spawnGateway } from "../gateway.ts";
import { HttpDriver } from "../http-driver.ts";
import type { LineDriver } from "../line-driver.ts";
import { peakRssMib } from "../process-figures.ts";
import { type Findings, type Row, showProgress } from "../report.ts";
import { type Round, runRounds, type Variant } from "../rounds.ts";
import { median, spread } from "../statistics.ts";

const KIB = 2 ** 10;
const SIZES: readonly (readonly [name: string, bytes: number])[] = [
  ["1 KB", KIB],
  ["10 KB", 10 * KIB],
  ["100 KB", 100 * KIB],
  ["1 MB", KIB ** 2],
  ["5 MB", 5 * KIB ** 2],
  ["100 MB", 100 * KIB ** 2],
];
/** So much goes over the wire in one round of one variant; at least so many calls, though. */
const BYTES_A_ROUND = 20 * KIB ** 2;
const FEWEST = 3;
const DIRECT = "direct HTTP call";

/** Big answers as text, which is cut at the model's budget, and as images, which pass whole; and what the gateway's memory does. */
export async function large(rounds: number, calls: number): Promise<Findings> {
  await using scope = new Scope();
  const url = await startHttpBackend(scope);
  const direct = scope.use(new HttpDriver(url));
  const installation = install({ big: { url, protocolEra: "legacy" } });
  scope.defer(() => installation[Symbol.dispose]());
  const gateway = scope.use(spawnGateway(installation));
  await initialize(gateway);
  await gateway.request(2, "tools/call", { name: "invoke", arguments: { tool: "big/echo", arguments: { text: "x" } } });
  const rows: Row[] = [];
  for (const [at, [size, bytes]] of SIZES.entries()) {
    const count = Math.max(FEWEST, Math.min(calls, Math.floor(BYTES_A_ROUND / bytes)));
    rows.push(...(await measure(size, variantsFor(direct, gateway, bytes), gateway, rounds, count)));
    showProgress(at + 1, SIZES.length);
  }
  return {
    rows,
    chart: { value: "p50 ms", names: ["size", "variant"] },
    notes: [
      `"x direct" is p50 against "${DIRECT}" of the same size, same run; "peak RSS" is the gateway's since its start`,
      '"answer" is what came of the last call: whole, cut with a handle for the rest, or refused with an error',
    ],
  };
}

function variantsFor(direct: HttpDriver, gateway: LineDriver, bytes: number): Variant[] {
  const through = (kind: string): Variant => ({
    name: `gateway, ${kind}`,
    pid: gateway.child.pid,
    call: (id, done) =>
      gateway.send(id, callLine(id, { name: "invoke", arguments: { tool: "big/echo", arguments: { bytes, kind } } }), done),
  });
  const call: Variant["call"] = (id, done) =>
    direct.send(callLine(id, { name: "echo", arguments: { bytes, kind: "text" } }), done);
  return [{ name: DIRECT, pid: undefined, call }, through("text"), through("image")];
}

async function measure(size: string, variants: readonly Variant[], gateway: LineDriver, rounds: number, calls: number) {
  const rows: Row[] = [];
  let floor = Number.NaN;
  for (const variant of variants) {
    const found: Round[] = [];
    await runRounds([{ variant, inFlight: 1, rounds: found }], rounds, calls);
    const p50 = median(found.map((round) => round.p50Micros));
    if (variant.name === DIRECT) floor = p50;
    rows.push({
      size,
      variant: variant.name,
      calls: String(rounds * calls),
      "p50 ms": p50 / 1_000,
      "spread %": spread(found.map((round) => round.p50Micros)) * 100,
      "p99 ms": median(found.map((round) => round.p99Micros)) / 1_000,
      "x direct": p50 / floor,
      "peak RSS MiB": variant.pid === undefined ? undefined : peakRssMib(variant.pid),
      answer: variant.pid === undefined ? "whole" : fateOf(gateway.lastLine),
    });
  }
  return rows;
}

function fateOf(lastLine: string): string {
  if (/"isError":true|"error":\{/.test(lastLine)) return "refused";
  return lastLine.includes("io.sallyport/result") ? "cut" : "whole";
}
