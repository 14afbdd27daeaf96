import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Shutdown, type ShutdownSteps } from "../../../src/faces/mcp/shutdown.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const turn = () => new Promise(setImmediate);
const never = () => new Promise<void>(() => {});

function open(steps: Partial<ShutdownSteps> = {}) {
  const clock = new ManualClock();
  const signals = new EventEmitter();
  const done: string[] = [];
  const step = (name: string) => async () => {
    done.push(name);
  };
  const shutdown = new Shutdown({
    clock,
    drainMs: 5_000,
    signals,
    onProblem: (error) => done.push(`problem: ${String(error)}`),
    steps: {
      stopIntake: () => void done.push("stopIntake"),
      settled: step("settled"),
      close: step("close"),
      drain: step("drain"),
      flush: step("flush"),
      ...steps,
    },
  });
  let code: number | undefined;
  void shutdown.exitCode.then((value) => {
    code = value;
  });
  return { shutdown, clock, signals, done, code: () => code };
}

test("the stages run in order and end with 0", async () => {
  const house = open();
  house.shutdown.begin();
  house.shutdown.begin();
  await turn();
  expect(house.done).toEqual(["settled", "close", "drain", "flush"]);
  expect(house.code()).toBe(0);
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"])("%s stops the intake and lets requests finish", async (signal) => {
  let finish = () => {};
  const house = open({
    settled: () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
  });
  house.signals.emit(signal, signal);
  await house.clock.advance(4_000);
  expect(house.done).toEqual(["stopIntake"]);
  finish();
  await turn();
  expect(house.done).toEqual(["stopIntake", "close", "drain", "flush"]);
  expect(house.code()).toBe(0);
  expect(house.signals.eventNames()).toEqual([]);
});

test("requests that do not finish are abandoned when the time is over", async () => {
  const house = open({ settled: never });
  house.shutdown.begin();
  await house.clock.advance(4_000);
  expect(house.done).toEqual([]);
  await house.clock.advance(1_000);
  expect(house.done).toEqual(["close", "drain", "flush"]);
  expect(house.code()).toBe(0);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 143],
])("a second signal, %s, ends at once with %i", async (signal, code) => {
  const house = open({ settled: never, drain: never });
  house.signals.emit("SIGTERM", "SIGTERM");
  await turn();
  expect(house.code()).toBeUndefined();
  house.signals.emit(signal, signal);
  await turn();
  expect(house.code()).toBe(code);
});

test("a signal while the host is leaving cuts the wait for requests short and still drains", async () => {
  const house = open({ settled: never });
  house.shutdown.begin();
  house.signals.emit("SIGTERM", "SIGTERM");
  await turn();
  expect(house.done).toEqual(["stopIntake", "close", "drain", "flush"]);
  expect(house.code()).toBe(0);
});

test.each(["settled", "close", "drain", "flush"] as const)(
  "a %s that never ends holds nothing longer than 2 s more",
  async (stage) => {
    const house = open({ [stage]: never });
    house.shutdown.begin();
    await house.clock.advance(7_000);
    expect(house.code()).toBe(0);
  },
);

test("a stage that fails is told and keeps no other from its turn", async () => {
  const house = open({ drain: () => Promise.reject(new Error("stuck")) });
  house.shutdown.beginAtOnce();
  await turn();
  expect(house.done).toEqual(["settled", "close", "problem: Error: stuck", "flush"]);
  expect(house.code()).toBe(0);
});
