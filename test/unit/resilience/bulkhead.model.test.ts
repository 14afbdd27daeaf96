import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import { Bulkhead } from "../../../src/resilience/bulkhead.ts";
import { GlobalLimits } from "../../../src/resilience/global-limits.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { type Deferred, deferred } from "./deferred.ts";
import { runIn } from "./run-in.ts";

const LIMIT = 3;
const QUEUE_CALLS = 5;
const QUEUE_BYTES = 100;
const GLOBAL_CALLS = 7;

interface Waiter {
  readonly id: number;
  readonly bytes: number;
}

/** Who works, who waits, and what became of everyone else. */
interface Model {
  working: Waiter[];
  waiting: Waiter[];
  readonly ends: Map<number, string>;
}

interface Call {
  readonly id: number;
  readonly caller: AbortController;
  readonly work: Deferred<string>;
}

interface Real {
  readonly bulkhead: Bulkhead;
  readonly shared: GlobalLimits;
  readonly calls: Call[];
  readonly started: Set<number>;
  readonly ends: Map<number, string>;
}

type Command = fc.AsyncCommand<Model, Real>;

const ids = (waiters: readonly Waiter[]) => waiters.map(({ id }) => id);
const bytesOf = (waiters: readonly Waiter[]) => waiters.reduce((sum, { bytes }) => sum + bytes, 0);

const command = (name: string, check: (model: Model) => boolean, run: (model: Model, real: Real) => void): Command => ({
  check,
  run: async (model, real) => {
    run(model, real);
    await settle();
    await settle(); // at its end those who wait come in
    const { bulkhead, shared } = real;
    expect([bulkhead.inFlight, bulkhead.queued, bulkhead.queuedBytes]).toEqual([
      model.working.length,
      model.waiting.length,
      bytesOf(model.waiting),
    ]);
    expect([shared.calls, shared.bytes]).toEqual([
      model.working.length + model.waiting.length,
      bytesOf(model.working) + bytesOf(model.waiting),
    ]);
    for (const id of ids(model.working)) expect(real.started).toContain(id);
    for (const id of ids(model.waiting)) expect(real.started).not.toContain(id);
    expect(real.ends).toEqual(model.ends);
  },
  toString: () => name,
});

function begin({ bulkhead, calls, started, ends }: Real, bytes: number): number {
  const call: Call = { id: calls.length, caller: new AbortController(), work: deferred() };
  calls.push(call);
  const work = () => {
    started.add(call.id);
    return call.work.promise;
  };
  runIn(bulkhead, work, { signal: call.caller.signal, bytes }).then(
    (value) => ends.set(call.id, value),
    (reason: unknown) => ends.set(call.id, GatewayError.from(reason).code),
  );
  return call.id;
}

const arrive = (bytes: number): Command =>
  command(
    `arrive(${bytes})`,
    () => true,
    (model, real) => {
      const waiter = { id: begin(real, bytes), bytes };
      const noRoom = model.waiting.length >= QUEUE_CALLS || bytesOf(model.waiting) + bytes > QUEUE_BYTES;
      if (model.working.length + model.waiting.length >= GLOBAL_CALLS) model.ends.set(waiter.id, "resource_exhausted");
      else if (model.working.length < LIMIT) model.working.push(waiter);
      else if (noRoom) model.ends.set(waiter.id, "resource_exhausted");
      else model.waiting.push(waiter);
    },
  );

function promote(model: Model): void {
  while (model.working.length < LIMIT) {
    const next = model.waiting.shift();
    if (!next) return;
    model.working.push(next);
  }
}

const finish = (place: number): Command =>
  command(
    `finish(${place})`,
    (model) => model.working.length > 0,
    (model, real) => {
      const [done] = model.working.splice(place % model.working.length, 1);
      if (!done) return;
      real.calls[done.id]?.work.resolve("done");
      model.ends.set(done.id, "done");
      promote(model);
    },
  );

const leave = (place: number): Command =>
  command(
    `leave(${place})`,
    (model) => model.waiting.length > 0,
    (model, real) => {
      const [gone] = model.waiting.splice(place % model.waiting.length, 1);
      if (!gone) return;
      real.calls[gone.id]?.caller.abort(new GatewayError("cancelled", "Call cancelled"));
      model.ends.set(gone.id, "cancelled");
    },
  );

describe("Bulkhead", () => {
  test("does what the plainest queue does, whatever comes in whatever order", async () => {
    const commands = fc.commands([fc.integer({ min: 0, max: 60 }).map(arrive), fc.nat(20).map(finish), fc.nat(20).map(leave)], {
      maxCommands: 120,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(commands, async (run) => {
        const shared = new GlobalLimits(GLOBAL_CALLS, 10_000);
        const limits = { limit: LIMIT, queueCalls: QUEUE_CALLS, queueBytes: QUEUE_BYTES };
        const bulkhead = new Bulkhead({ backend: "git", clock: new ManualClock(), shared, ...limits });
        const real: Real = { bulkhead, shared, calls: [], started: new Set(), ends: new Map() };
        await fc.asyncModelRun(() => ({ model: { working: [], waiting: [], ends: new Map() }, real }), run);
      }),
      { numRuns: 100 },
    );
  });

  test("whatever the order in which works end and callers leave, nobody is lost and never are too many at work", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), async (scheduler, leavers) => {
        const bulkhead = new Bulkhead({ backend: "git", clock: new ManualClock(), shared: new GlobalLimits(), limit: LIMIT });
        let most = 0;
        const calls = leavers.map((leaves, id) => {
          const caller = new AbortController();
          if (leaves)
            void scheduler
              .schedule(Promise.resolve(), `leave ${id}`)
              .then(() => caller.abort(new GatewayError("cancelled", "Gone")));
          const work = async () => {
            most = Math.max(most, bulkhead.inFlight);
            await scheduler.schedule(Promise.resolve(), `work ${id}`);
            return "done";
          };
          return runIn(bulkhead, work, { signal: caller.signal, bytes: 1 }).catch(
            (reason: unknown) => GatewayError.from(reason).code,
          );
        });
        await scheduler.waitFor(Promise.all(calls));
        const ends = await Promise.all(calls);
        for (const [id, end] of ends.entries()) expect(leavers[id] ? ["done", "cancelled"] : ["done"]).toContain(end);
        expect(most).toBeLessThanOrEqual(LIMIT);
        expect([bulkhead.inFlight, bulkhead.queued, bulkhead.queuedBytes]).toEqual([0, 0, 0]);
      }),
      { numRuns: 100 },
    );
  });
});
