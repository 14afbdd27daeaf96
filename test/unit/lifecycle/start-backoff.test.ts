import { describe, expect, test } from "vitest";
import { StartBackoff } from "../../../src/lifecycle/start-backoff.ts";

const times = (count: number, of: () => number): readonly number[] => Array.from({ length: count }, of);

describe("StartBackoff", () => {
  test("failed starts wait 1 s doubling to a minute", () => {
    const backoff = new StartBackoff();
    expect(times(8, () => backoff.startFailed())).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  test("the first quick death costs nothing, the next ones as much as failed starts", () => {
    const backoff = new StartBackoff();
    expect(times(4, () => backoff.diedSoon())).toEqual([0, 1_000, 2_000, 4_000]);
  });

  test("a start that succeeds forgives failed starts and no deaths", () => {
    const backoff = new StartBackoff();
    times(3, () => backoff.startFailed());
    times(2, () => backoff.diedSoon());
    backoff.startSucceeded();
    expect(backoff.startFailed()).toBe(1_000);
    expect(backoff.diedSoon()).toBe(2_000);
  });

  test("a reset forgets failed starts and deaths", () => {
    const backoff = new StartBackoff();
    times(3, () => backoff.startFailed());
    times(3, () => backoff.diedSoon());
    backoff.reset();
    expect(backoff.startFailed()).toBe(1_000);
    expect(backoff.diedSoon()).toBe(0);
  });
});
