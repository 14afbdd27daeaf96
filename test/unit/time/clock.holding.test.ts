import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

describe("a timer", () => {
  beforeEach(() => void vi.resetModules()); // the timer behind all deadlines belongs to the module
  afterEach(() => {
    vi.restoreAllMocks();
    vi.resetModules();
  });

  /** A timer, and whether the process has to stay for it. */
  async function begin(ms: number) {
    const { systemClock } = await import("../../../src/time/clock.ts");
    const made = vi.spyOn(globalThis, "setTimeout");
    const timer = systemClock.after(ms, () => {});
    const timeout = made.mock.results[0]?.value;
    return { timer, holds: () => Boolean(timeout?.hasRef()) };
  }

  test.each([500, 1_000, 60_000])("of %i ms holds the process until it is let go", async (ms) => {
    const { timer, holds } = await begin(ms);
    expect(holds()).toBe(true);
    timer.unref();
    expect(holds()).toBe(false);
    timer[Symbol.dispose]();
  });

  test.each([1_000, 60_000])("of %i ms, behind which others may stand, holds it until it is taken back", async (ms) => {
    const { timer, holds } = await begin(ms);
    expect(holds()).toBe(true);
    timer[Symbol.dispose]();
    expect(holds()).toBe(false);
  });
});
