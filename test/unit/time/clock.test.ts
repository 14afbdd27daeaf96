import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { sleep, systemClock } from "../../../src/time/clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";

describe("systemClock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("tells what the machine's clocks tell", () => {
    vi.useRealTimers();
    for (const [ours, theirs] of [
      [systemClock.now, () => performance.now()],
      [systemClock.wallTime, () => Date.now()],
    ] as const) {
      const [before, told, after] = [theirs(), ours(), theirs()];
      expect([before <= told, told <= after]).toEqual([true, true]);
    }
  });

  test("runs once what is due, and not before", () => {
    const ran = vi.fn();
    systemClock.after(100, ran);
    vi.advanceTimersByTime(99);
    expect(ran).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(ran).toHaveBeenCalledTimes(1);
  });

  test("runs nothing that was taken back", () => {
    const ran = vi.fn();
    systemClock.after(100, ran)[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(ran).not.toHaveBeenCalled();
  });

  test("runs what was due in the past as soon as it can", () => {
    const ran = vi.fn();
    systemClock.after(-5_000, ran);
    vi.advanceTimersByTime(1);
    expect(ran).toHaveBeenCalledTimes(1);
  });

  test("does not run at once what is due later than a timer can count", () => {
    const longest = vi.spyOn(globalThis, "setTimeout");
    systemClock.after(Number.POSITIVE_INFINITY, () => {});
    systemClock.after(2 ** 31 - 2, () => {});
    expect(longest.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1, 2 ** 31 - 2]); // the earlier of the two is waited for
    longest.mockRestore();
  });

  test("a timer that lets the process end is still a timer that can be taken back", () => {
    const unref = vi.fn();
    const timeout = { unref } as unknown as NodeJS.Timeout;
    const [set, clear] = [
      vi.spyOn(globalThis, "setTimeout").mockReturnValue(timeout),
      vi.spyOn(globalThis, "clearTimeout").mockReturnValue(),
    ];
    const timer = systemClock.after(100, () => {});
    expect(timer.unref()).toBe(timer);
    expect(unref).toHaveBeenCalledTimes(1);
    timer[Symbol.dispose]();
    expect(clear).toHaveBeenCalledWith(timeout);
    for (const spy of [set, clear]) spy.mockRestore();
  });
});

describe("sleep()", () => {
  const reason = new Error("left");

  test("resolves when the time is over, not before", async () => {
    const clock = new ManualClock();
    let woken = false;
    void sleep(clock, 100).then(() => {
      woken = true;
    });
    await clock.advance(99);
    expect(woken).toBe(false);
    await clock.advance(1);
    expect(woken).toBe(true);
  });

  test("rejects with the signal's reason and leaves no timer", async () => {
    const clock = new ManualClock();
    const sleeper = new AbortController();
    const slept = sleep(clock, 100, sleeper.signal);
    sleeper.abort(reason);
    await expect(slept).rejects.toBe(reason);
    expect(clock.waiting).toBe(0);
    expect(getEventListeners(sleeper.signal, "abort")).toHaveLength(0);
  });

  test("does not begin once the signal has aborted", async () => {
    const clock = new ManualClock();
    const slept = sleep(clock, 100, AbortSignal.abort(reason));
    expect(clock.waiting).toBe(0);
    await expect(slept).rejects.toBe(reason);
  });

  test("leaves nothing on the signal when it is over", async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    const slept = sleep(clock, 100, signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    await clock.advance(100);
    await slept;
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});
