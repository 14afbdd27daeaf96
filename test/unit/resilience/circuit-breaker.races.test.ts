import fc from "fast-check";
import { expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import { CircuitBreaker } from "../../../src/resilience/circuit-breaker.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** What came of each probe and of each call of a run, in the order in which they began. */
const script = fc.record({
  probes: fc.array(fc.boolean(), { maxLength: 4 }),
  /** Where time passes between two steps. */
  pauses: fc.array(
    fc.nat(5).map((die) => die === 0),
    { minLength: 1, maxLength: 40 },
  ),
  calls: fc.array(
    fc.nat(4).map((die) => die === 0),
    { minLength: 8, maxLength: 16 },
  ), // four of five fail
});

type Script = Readonly<Record<"probes" | "calls" | "pauses", readonly boolean[]>>;

/** Calls come, probes and attempts end, and the open time passes, in an order of the scheduler's choice. */
async function play(scheduler: fc.Scheduler, { probes, calls, pauses }: Script) {
  const clock = new ManualClock();
  const seen = { mostProbes: 0, strangers: 0, ends: 0, states: new Set<string>() };
  let [probing, probed] = [0, 0];
  const breaker = new CircuitBreaker({
    clock,
    random: () => 0.5,
    onChange: (state) => seen.states.add(state),
    async probe() {
      const good = probes[probed++] ?? true;
      probing += 1;
      seen.mostProbes = Math.max(seen.mostProbes, probing);
      await scheduler.schedule(Promise.resolve(), `probe ${probed} ends`);
      probing -= 1;
      if (!good) throw new GatewayError("unavailable", "Cannot reach it");
    },
  });
  const call = async (good: boolean, id: number): Promise<void> => {
    await scheduler.schedule(Promise.resolve(), `call ${id} comes`);
    const permit = breaker.admit() ?? (await breaker.awaitVerdict(new AbortController().signal));
    if (permit && breaker.state !== "closed") seen.strangers += 1;
    if (permit) {
      await scheduler.schedule(Promise.resolve(), `call ${id} ends`);
      breaker.settle(permit, good ? "ok" : "fail");
    }
    seen.ends += 1;
  };
  let waiting = true;
  const over = Promise.all(calls.map(call)).then(() => {
    waiting = false;
  });
  for (let step = 0; waiting && step < 1_000; step += 1) {
    if (scheduler.count() === 0 || (step % 2 === 0 && pauses[step % pauses.length])) await clock.advance(500);
    else await scheduler.waitOne();
  }
  expect(waiting, "somebody waits for ever").toBe(false);
  await over;
  breaker[Symbol.dispose]();
  return { seen, clock };
}

test("whatever the order, calls pass a closed circuit only, one probe runs at a time, and everyone gets an end", async () => {
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), script, async (scheduler, run) => {
      const { seen, clock } = await play(scheduler, run);
      for (const state of seen.states) reached.add(state);
      expect(seen.mostProbes).toBeLessThanOrEqual(1);
      expect(seen.strangers).toBe(0);
      expect(seen.ends).toBe(run.calls.length);
      expect(clock.waiting).toBe(0);
    }),
    { numRuns: 200 },
  );
  expect([...reached].sort()).toEqual(["closed", "half_open", "open", "retired"]);
});
