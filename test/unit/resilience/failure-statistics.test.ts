import { describe, expect, test, vi } from "vitest";
import { FailureStatistics } from "../../../src/resilience/failure-statistics.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function open() {
  const clock = new ManualClock();
  let trips = 0;
  const statistics = new FailureStatistics(clock, () => {
    trips += 1;
  });
  const fail = (times: number) => {
    for (let time = 0; time < times; time += 1) statistics.record("fail");
  };
  return { clock, statistics, fail, trips: () => trips };
}

describe("FailureStatistics", () => {
  test("trips once, within the failure that trips it, and never again", () => {
    const { fail, trips } = open();
    fail(4);
    expect(trips()).toBe(0);
    fail(1);
    expect(trips()).toBe(1);
    fail(20);
    expect(trips()).toBe(1);
  });

  test("of a period that is over nothing trips any more", () => {
    const { statistics, fail, trips } = open();
    statistics[Symbol.dispose]();
    fail(20);
    expect(trips()).toBe(0);
  });

  test("a second that was begun counts for ten, however unevenly time goes by", async () => {
    const { clock, statistics, fail, trips } = open();
    await clock.advance(1_500);
    statistics.record("ok");
    fail(3); // in the second second
    await clock.advance(9_499);
    statistics.record("ok"); // in the eleventh: still in the window
    fail(1);
    expect(trips()).toBe(1);
  });

  test("what is older than ten seconds that were begun counts no more", async () => {
    const { clock, statistics, fail, trips } = open();
    await clock.advance(1_500);
    statistics.record("ok");
    fail(3);
    await clock.advance(9_500);
    for (let time = 0; time < 4; time += 1) statistics.record("ok");
    fail(3); // 6 of 11 would be enough
    expect(trips()).toBe(0);
  });

  test("sets no timer of the machine's, which our clock does not rule, while it counts", () => {
    const timers = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "setInterval")];
    const { statistics, fail } = open();
    statistics.record("ok");
    fail(2);
    statistics[Symbol.dispose]();
    for (const timer of timers) {
      expect(timer).not.toHaveBeenCalled();
      timer.mockRestore();
    }
  });
});
