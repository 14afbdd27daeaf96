import { Scope } from "../../../src/model/scope.ts";
import { Backstage } from "../../chaos/backstage.ts";
import { stdioLedger, UrlBackend } from "../../chaos/cast.ts";
import { callLine, initialize, install, spawnGateway } from "../gateway.ts";
import type { LineDriver } from "../line-driver.ts";
import { type Pestering, pester } from "../pester.ts";
import { type Findings, type Row, showProgress } from "../report.ts";
import { type Case, runRounds } from "../rounds.ts";
import { median, quantile, shuffled, sorted } from "../statistics.ts";

const HEALTHY = 19;
const OVER_STDIO = 4;
/** Under half of what all processes can do together on one CPU: above that, every p99 is that of a queue. */
const PER_SECOND = 500;
const FOR_EVER_MS = 86_400_000;
const FLAP_MS = 500;
const HUNG_TIMEOUT_MS = 30_000;

/** What is wrong with the twentieth backend; the first is the baseline, with the same calls to a backend that is well. */
const AILMENTS = ["well", "hang", "late_25s", "flapping", "pushback_429"] as const;
type Ailment = (typeof AILMENTS)[number];

interface Phase extends Case {
  readonly ailment: Ailment;
  readonly pesterings: Pestering[];
}

/** Nineteen healthy backends and one that is not: what the nineteen notice of it, against the same load when it is well. */
export async function isolation(rounds: number, calls: number): Promise<Findings> {
  await using scope = new Scope();
  const { gateway, healthy } = await open(scope);
  const phases = AILMENTS.map((ailment): Phase => {
    const call = (id: number, done: (ok: boolean) => void) =>
      gateway.send(id, callLine(id, invocation(healthy[id % healthy.length] ?? "")), done);
    return {
      ailment,
      variant: { name: ailment, pid: undefined, call },
      inFlight: 0,
      perSecond: PER_SECOND,
      rounds: [],
      pesterings: [],
    };
  });
  for (let round = 0; round < rounds; round += 1) {
    for (const phase of shuffled(phases)) {
      using pestering = pester(gateway, `sick-${phase.ailment}`);
      await runRounds([phase], 1, calls);
      phase.pesterings.push(pestering);
    }
    showProgress(round + 1, rounds);
  }
  return {
    rows: toRows(phases, calls),
    chart: { value: "p99 ms", names: ["the 20th"] },
    notes: [
      `"answered" counts the calls to the ${HEALTHY} healthy backends, due at ${PER_SECOND} a second whether or not earlier ones were answered; "/ baseline" is their p99 against the first row, same run`,
      `The other one gets 50 calls a second in every row; "refused" are those that failed while the ${HEALTHY} were measured`,
    ],
  };
}

async function open(scope: Scope): Promise<{ gateway: LineDriver; healthy: string[] }> {
  const backstage = scope.use(await Backstage.open());
  const well = scope.use(new UrlBackend(backstage.env("well")));
  await well.start();
  const healthy = Array.from({ length: HEALTHY }, (_, at) => `healthy-${at + 1}`);
  const entries = healthy.map((name, at) => [name, at < OVER_STDIO ? stdioLedger(backstage, name) : { url: well.url }]);
  for (const ailment of AILMENTS) {
    const name = `sick-${ailment}`;
    const sick = scope.use(new UrlBackend(backstage.env(name)));
    await sick.start();
    entries.push([name, { url: sick.url, callTimeoutMs: HUNG_TIMEOUT_MS }]);
  }
  const installation = install(Object.fromEntries(entries));
  scope.defer(() => installation[Symbol.dispose]());
  const gateway = scope.use(spawnGateway(installation));
  await initialize(gateway);
  let id = 1;
  for (const [name] of entries) await gateway.request(++id, "tools/call", invocation(String(name))); // while all are well
  fallIll(scope, backstage);
  return { gateway, healthy };
}

function fallIll(scope: Scope, backstage: Backstage): void {
  for (const ailment of AILMENTS) backstage.order(`sick-${ailment}`, ailment, FOR_EVER_MS);
  let down = false;
  const flapping = setInterval(() => {
    down = !down;
    backstage.order("sick-flapping", down ? "reset_before" : "well", FOR_EVER_MS);
  }, FLAP_MS);
  scope.defer(() => clearInterval(flapping));
}

const invocation = (server: string) => ({ name: "invoke", arguments: { tool: `${server}/read`, arguments: { text: "hello" } } });
function toRows(phases: readonly Phase[], calls: number): Row[] {
  const p99 = (phase: Phase | undefined) => median((phase?.rounds ?? []).map((round) => round.p99Micros / 1_000));
  const baseline = p99(phases[0]);
  return phases.map((phase) => {
    const made = phase.rounds.length * calls;
    const errors = phase.rounds.reduce((sum, round) => sum + round.errors, 0);
    const all = (of: (pestering: Pestering) => readonly number[]) => quantile(sorted(phase.pesterings.flatMap(of)), 0.99);
    const count = (of: (pestering: Pestering) => number) => phase.pesterings.reduce((sum, each) => sum + of(each), 0);
    return {
      "the 20th": phase.ailment,
      calls: String(made),
      "answered %": (((made - errors) / made) * 100).toFixed(3),
      "p50 ms": median(phase.rounds.map((round) => round.p50Micros / 1_000)),
      "p99 ms": p99(phase),
      "/ baseline": p99(phase) / baseline,
      "calls/s": median(phase.rounds.map((round) => round.perSecond)),
      "discover p99 ms": all(({ discoverMs }) => discoverMs),
      "status p99 ms": all(({ statusMs }) => statusMs),
      "its calls": String(count(({ made }) => made)),
      refused: String(count(({ refused }) => refused)),
    };
  });
}
