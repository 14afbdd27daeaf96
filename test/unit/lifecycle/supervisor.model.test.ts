import fc from "fast-check";
import { expect, test } from "vitest";
import { Supervisor } from "../../../src/lifecycle/supervisor.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import { FakeBackend, gate, makeSpec } from "../../support/fake-backend.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const DRAIN_MS = 5_000;
const IDLE_MS = 60_000;

interface Call {
  readonly work: ReturnType<typeof gate<string>>;
  readonly caller: AbortController;
}

/** Calls that are at work, and those whose end is still to come because a drain or start stands before them. */
interface Model {
  open: number[];
  ended: number;
}

interface Real {
  readonly backend: FakeBackend;
  readonly clock: ManualClock;
  readonly supervisor: Supervisor;
  readonly calls: Call[];
  readonly ends: Map<number, string>;
  readonly stops: Promise<void>[];
}

type Command = fc.AsyncCommand<Model, Real>;

/** Launched minus closed: more than one would be a backend started twice, one with nobody at work a leak once disposed. */
const alive = ({ ledger }: FakeBackend): number =>
  ledger.filter((line) => line === "launch").length - ledger.filter((line) => line === "workload closed").length;

const command = (
  name: string,
  check: (model: Model) => boolean,
  run: (model: Model, real: Real) => Promise<void> | void,
): Command => ({
  check,
  async run(model, real) {
    await run(model, real);
    await settle();
    expect(alive(real.backend)).toBeLessThanOrEqual(1);
    expect(real.ends.size).toBe(model.ended);
  },
  toString: () => name,
});

const call = command(
  "call",
  () => true,
  (model, { calls, ends, supervisor }) => {
    const id = calls.length;
    const one: Call = { work: gate<string>(), caller: new AbortController() };
    calls.push(one);
    model.open.push(id);
    supervisor
      .use(one.caller.signal, () => one.work.promise)
      .then(
        (value) => ends.set(id, value),
        (reason: unknown) => ends.set(id, GatewayError.from(reason).code),
      );
  },
);

const finish = (place: number): Command =>
  command(
    `finish(${place})`,
    ({ open }) => open.length > 0,
    async (model, { calls, clock, ends }) => {
      const [id = 0] = model.open.splice(place % model.open.length, 1);
      calls[id]?.work.open("done");
      await clock.advance(DRAIN_MS); // a drain before it ends by then
      model.ended += 1;
      expect(ends.get(id)).toBe("done");
    },
  );

const stop = command(
  "stop",
  () => true,
  (_, { stops, supervisor }) => void stops.push(supervisor.stop()),
);

const wait = (ms: number): Command =>
  command(
    `wait(${ms})`,
    () => true,
    (_, { clock }) => clock.advance(ms),
  );

test("whatever calls, stops and waits come in whatever order, no call is lost and at most one backend runs", async () => {
  const steps = fc.commands(
    [
      fc.constant(call),
      fc.constant(stop),
      fc.nat(10).map(finish),
      fc.constantFrom(1, DRAIN_MS - 1, DRAIN_MS, IDLE_MS, IDLE_MS + 1).map(wait),
    ],
    { maxCommands: 60, size: "max" },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (run) => {
      const backend = new FakeBackend();
      const clock = new ManualClock();
      const supervisor = new Supervisor({
        spec: makeSpec({ idleStopMs: IDLE_MS }),
        replica: 0,
        driver: backend,
        transport: backend,
        clock,
        drainMs: DRAIN_MS,
        startSlot: async () => ({ [Symbol.dispose]: () => {} }),
        events: { stateChanged: () => {}, connected: () => {}, notified: () => {} },
      });
      const real: Real = { backend, clock, supervisor, calls: [], ends: new Map(), stops: [] };
      await fc.asyncModelRun(() => ({ model: { open: [], ended: 0 }, real }), run);
      for (const { work } of real.calls) work.open("done");
      await clock.advance(DRAIN_MS);
      expect([...real.ends.values()]).toEqual(real.calls.map(() => "done"));
      const disposed = supervisor[Symbol.asyncDispose]();
      await clock.advance(DRAIN_MS);
      await Promise.all([disposed, ...real.stops]);
      expect(alive(backend)).toBe(0);
      expect(clock.waiting).toBe(0);
    }),
    { numRuns: 200 },
  );
});
