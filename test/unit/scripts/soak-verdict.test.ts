import { describe, expect, test } from "vitest";
import { judge } from "../../../scripts/soak/verdict.ts";

const EVERY_S = 2;

/** MiB at the moments of a run, with a ripple such as collections leave. */
function run(minutes: number, mib: (hours: number) => number): (readonly [number, number])[] {
  const samples = (minutes * 60) / EVERY_S;
  return Array.from({ length: samples }, (_, at) => [at * EVERY_S, mib((at * EVERY_S) / 3_600) + 0.05 * Math.sin(at)]);
}

describe("the verdict of a soak", () => {
  test.each([
    ["what leaks 3 MiB an hour grows", 60, (hours: number) => 20 + 3 * hours, /^it grows$/],
    ["what is level does not grow", 60, () => 20, /^it does not grow$/],
    ["what fills up does not grow in the end", 120, (hours: number) => 20 + 4 * (1 - Math.exp(-hours * 6)), /^it does not grow$/],
    ["a leak below 1 MiB an hour passes", 60, (hours: number) => 20 + 0.5 * hours, /^it does not grow$/],
    ["20 minutes tell nothing, even of a leak", 20, (hours: number) => 20 + 30 * hours, /^too short .* 40 minutes$/],
    ["no samples tell nothing", 0, () => 20, /^too short/],
  ])("%s", (_what, minutes, mib, verdict) => {
    expect(judge(run(minutes, mib)).verdict).toMatch(verdict);
  });

  test("noise that could hide a leak is not called level", () => {
    const noisy = (drift: number) => run(60, (hours) => 20 + drift * hours + 3 * Math.sin(hours * 97) * Math.cos(hours * 31));
    expect(judge(noisy(0)).verdict).toMatch(/^no growth shown/);
  });

  test("the warm-up counts for nothing", () => {
    const { trend, halves } = judge(run(60, (hours) => (hours < 0.25 ? 20 + 100 * hours : 45)));
    for (const { slope } of [trend, ...halves]) expect(Math.abs(slope * 3_600)).toBeLessThan(0.5);
  });
});
