import { fileURLToPath } from "node:url";
import { Scope } from "../../../src/model/scope.ts";
import { sleep, systemClock } from "../../../src/time/clock.ts";
import { callLine } from "../gateway.ts";
import { HopWatch } from "../hop-watch.ts";
import { type Done, LineDriver } from "../line-driver.ts";
import { pinToOneCpu } from "../machine.ts";
import { DISCOVER, type Pestering, pester } from "../pester.ts";
import { type Findings, type Row, showProgress } from "../report.ts";
import { type Case, runRounds, type Variant } from "../rounds.ts";
import { AILMENTS, type Ailment, HEALTHY, invocation, openSickHouse } from "../sick-house.ts";
import { median, quantile, shuffled, sorted } from "../statistics.ts";
import { Yardstick } from "../yardstick.ts";

/** Of what gets through at best: above half of that every p99 is that of a queue. */
const SHARE = 0.4;
const MOST_PER_SECOND = 500;
const AT_BEST_IN_FLIGHT = 16;
/** Ten digits, which the probe looks for, and below those of `pester`. */
const FIRST_LOOK = 1_100_000_000;
const LOOKS = 200;
const LOOK_EVERY_MS = 20;
/** What kind of failure an answer tells of. */
const CODE = /\\?"code\\?":\\?"(\w+)/;
const ECHO = fileURLToPath(new URL("../backends/stdio-echo.mjs", import.meta.url));

interface Phase extends Case {
  readonly ailment: Ailment;
  readonly pesterings: Pestering[];
}

/** Nineteen healthy backends and one that is not: what the nineteen notice of it, against the same load when it is well. */
export async function isolation(rounds: number, calls: number, gatewayCpu?: string): Promise<Findings> {
  await using scope = new Scope();
  const { gateway, healthy } = await openSickHouse(scope);
  const apart = gatewayCpu === undefined ? "no" : pinToOneCpu(gatewayCpu, gateway.child.pid); // its servers run by now, and stay where they are
  const echo = scope.use(new LineDriver(process.execPath, [ECHO]));
  const watch = new HopWatch(gateway);
  const yardstick = new Yardstick(scope, gatewayCpu);
  const failures = new Map<string, number>();
  const call = (id: number, done: Done) =>
    gateway.send(id, callLine(id, invocation(healthy[id % healthy.length] ?? "")), (ok) => {
      if (!ok) count(failures, CODE.exec(gateway.lastLine)?.[1] ?? gateway.lastLine);
      done(ok);
    });
  const perSecond = await bearableRate(call, calls);
  const usualMs = await usualDiscoverMs(gateway, watch);
  await yardstick.setTo(usualMs);
  const phases = AILMENTS.map((ailment): Phase => {
    const variant = { name: ailment, pid: undefined, call };
    return { ailment, variant, inFlight: 0, perSecond, rounds: [], pesterings: [] };
  });
  for (let round = 0; round < rounds; round += 1) {
    for (const phase of shuffled(phases)) {
      const pestering = pester({ gateway, watch, echo, yardstick, server: `sick-${phase.ailment}` });
      await runRounds([phase], 1, calls);
      await pestering.end();
      phase.pesterings.push(pestering);
    }
    showProgress(round + 1, rounds);
  }
  return {
    rows: toRows(phases, calls),
    chart: { value: "p99 ms", names: ["the 20th"] },
    notes: [
      `"answered" counts the calls to the ${HEALTHY} healthy backends, due at ${perSecond} a second (${SHARE * 100} % of what got through before, at most ${MOST_PER_SECOND}) whether or not earlier ones were answered; "/ baseline" is their p99 against the first row, same run`,
      `"discover" and "status" are p99 in ms as seen from outside; "ours" leaves out the waiting of a gateway that was ready to run for a CPU that other processes had; "echo" is what a bare process took for the same lines; "computing" is the p99 of a bare process that always computes the same, which usually takes ${usualMs.toFixed(1)} ms as a \`discover\` does: what the machine alone makes of that`,
      `The gateway's own CPU: ${apart}`,
      `The other one gets 50 calls a second in every row; "refused" are those that failed while the ${HEALTHY} were measured`,
      `Failures among the ${HEALTHY}, warm-up included: ${[...failures].map(([code, times]) => `${code} ${times}`).join(", ") || "none"}`,
    ],
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** The load that gateway, backends and driver bear together; the first round only compiles the code. */
async function bearableRate(call: Variant["call"], calls: number): Promise<number> {
  const atBest: Case = { variant: { name: "at best", pid: undefined, call }, inFlight: AT_BEST_IN_FLIGHT, rounds: [] };
  await runRounds([atBest], 2, calls);
  return Math.min(MOST_PER_SECOND, Math.round((atBest.rounds[1]?.perSecond ?? 0) * SHARE));
}

/** What a `discover` takes in the gateway while nothing else is asked, in the median. */
async function usualDiscoverMs(gateway: LineDriver, watch: HopWatch): Promise<number> {
  for (let id = FIRST_LOOK; id < FIRST_LOOK + LOOKS; id += 1) {
    watch.asking(id);
    await gateway.request(id, "tools/call", DISCOVER);
    await sleep(systemClock, LOOK_EVERY_MS);
  }
  return median([...(await watch.gatewayMs()).values()].slice(LOOKS / 2));
}

function toRows(phases: readonly Phase[], calls: number): Row[] {
  const p99 = (phase: Phase | undefined) => median((phase?.rounds ?? []).map((round) => round.p99Micros / 1_000));
  const baseline = p99(phases[0]);
  return phases.map((phase) => {
    const made = phase.rounds.length * calls;
    const errors = phase.rounds.reduce((sum, round) => sum + round.errors, 0);
    const late = (of: (pestering: Pestering) => readonly number[]) =>
      median(phase.pesterings.map((pestering) => quantile(sorted(of(pestering)), 0.99)));
    const count = (of: (pestering: Pestering) => number) => phase.pesterings.reduce((sum, each) => sum + of(each), 0);
    return {
      "the 20th": phase.ailment,
      calls: String(made),
      "answered %": (((made - errors) / made) * 100).toFixed(3),
      "p50 ms": median(phase.rounds.map((round) => round.p50Micros / 1_000)),
      "p99 ms": p99(phase),
      "/ baseline": p99(phase) / baseline,
      "calls/s": median(phase.rounds.map((round) => round.perSecond)),
      discover: late(({ discover }) => discover.seen),
      "discover, ours": late(({ discover }) => discover.gateway),
      status: late(({ status }) => status.seen),
      "status, ours": late(({ status }) => status.gateway),
      echo: late(({ echoMs }) => echoMs),
      computing: late(({ yardstickMs }) => yardstickMs),
      "its calls": String(count(({ made }) => made)),
      refused: String(count(({ refused }) => refused)),
    };
  });
}
