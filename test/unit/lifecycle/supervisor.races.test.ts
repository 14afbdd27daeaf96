import fc from "fast-check";
import { expect, test } from "vitest";
import { Supervisor } from "../../../src/lifecycle/supervisor.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import { FakeBackend, makeSpec } from "../../support/fake-backend.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const DRAIN_MS = 5_000;

/** A supervisor whose every step of a launch and of a farewell ends when the scheduler says so. */
function open(scheduler: fc.Scheduler) {
  const backend = new FakeBackend();
  const clock = new ManualClock();
  let [alive, most] = [0, 0];
  const supervisor = new Supervisor({
    spec: makeSpec(),
    replica: 0,
    driver: {
      kind: "fake",
      async launch(request) {
        await scheduler.schedule(Promise.resolve(), "launched");
        const workload = await backend.launch(request);
        alive += 1;
        most = Math.max(most, alive);
        const close = async (): Promise<void> => {
          await scheduler.schedule(Promise.resolve(), "workload closed");
          alive -= 1;
          await workload[Symbol.asyncDispose]();
        };
        return { ...workload, [Symbol.asyncDispose]: close };
      },
    },
    transport: backend,
    clock,
    drainMs: DRAIN_MS,
    startSlot: async () => ({ [Symbol.dispose]: () => {} }),
    events: { stateChanged: () => {}, connected: () => {}, notified: () => {} },
  });
  return { supervisor, clock, alive: () => alive, most: () => most };
}

test("whatever the order of calls, starts and drains, a call that began is finished and never are two backends alive", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 4 }),
      async (scheduler, calls, stops) => {
        const { supervisor, clock, alive, most } = open(scheduler);
        const ends = { done: 0, refused: [] as string[] };
        let atWork = 0;
        const call = async (id: number): Promise<void> => {
          await scheduler.schedule(Promise.resolve(), `call ${id} comes`);
          const work = async (): Promise<void> => {
            atWork += 1;
            await scheduler.schedule(Promise.resolve(), `call ${id} ends`);
            atWork -= 1;
            expect(alive(), "a backend is closed under its calls").toBe(1);
          };
          await supervisor.use(new AbortController().signal, work).then(
            () => {
              ends.done += 1;
            },
            (reason: unknown) => ends.refused.push(GatewayError.from(reason).code),
          );
        };
        const stop = async (id: number): Promise<void> => {
          await scheduler.schedule(Promise.resolve(), `stop ${id} comes`);
          await supervisor.stop();
        };
        const everything = [
          ...Array.from({ length: calls }, (_, id) => call(id)),
          ...Array.from({ length: stops }, (_, id) => stop(id)),
        ];
        await scheduler.waitFor(Promise.all(everything));
        expect(ends.refused.filter((code) => code !== "shutting_down")).toEqual([]); // those whose start was stopped
        expect(ends.done + ends.refused.length).toBe(calls);
        expect(atWork).toBe(0);
        expect(most()).toBeLessThanOrEqual(1);
        await scheduler.waitFor(supervisor[Symbol.asyncDispose]());
        expect(alive()).toBe(0);
        expect(clock.waiting).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
