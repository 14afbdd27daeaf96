import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/time/clock.ts";

// Apart from the other tests of the clock, whose mocked time a timer of the process would outlive.
describe.each([500, 1_000, 60_000])("a timer of %i ms", (ms) => {
  const holding = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

  test("holds the process until it is let go", () => {
    const before = holding();
    using timer = systemClock.after(ms, () => {});
    expect(holding()).toBe(before + 1);
    timer.unref();
    expect(holding()).toBe(before);
  });

  test("or taken back", () => {
    const before = holding();
    const timer = systemClock.after(ms, () => {});
    expect(holding()).toBe(before + 1);
    timer[Symbol.dispose]();
    expect(holding()).toBe(before);
  });
});
