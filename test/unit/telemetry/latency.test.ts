import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BOUNDS_S, Durations } from "../../../src/telemetry/durations.ts";
import { Latency, QUANTILE_ERROR } from "../../../src/telemetry/latency.ts";

/** From below a microsecond to half an hour, as often small as big. */
const duration = fc.double({ min: -4, max: 6.25, noNaN: true }).map((exponent) => 10 ** exponent);
const durations = fc.array(duration, { minLength: 1, maxLength: 400 });
const shares = fc.constantFrom(0, 0.5, 0.9, 0.95, 0.99, 1);

const recorded = (values: readonly number[]): Latency => {
  const latency = new Latency();
  for (const ms of values) latency.record(ms);
  return latency;
};
const exactQuantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1] ?? Number.NaN;
const A_MICROSECOND = 0.001;

describe("a quantile", () => {
  test("is as near to the exact one as it promises, whatever the durations", () => {
    fc.assert(
      fc.property(durations, shares, (values, share) => {
        const exact = exactQuantile(values, share);
        const found = Latency.quantile([recorded(values)], share) ?? Number.NaN;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.max(exact * QUANTILE_ERROR, A_MICROSECOND) * (1 + 1e-9));
      }),
      { numRuns: 500 },
    );
  });

  test("is the same of parts added up as of the whole", () => {
    fc.assert(
      fc.property(durations, durations, shares, (one, other, share) => {
        const parts = [recorded(one), new Latency(), recorded(other)];
        const whole = recorded([...one, ...other]);
        expect(Latency.quantile(parts, share)).toBe(Latency.quantile([whole], share));
        expect(Latency.view(parts)).toEqual(whole.view());
      }),
    );
  });

  test("never exceeds the longest duration", () => {
    expect(recorded([3, 1_000.4]).view()).toMatchObject({ count: 2, p99Ms: 1_000.4, maxMs: 1_000.4 });
  });

  test("of nothing is nothing, before the first and after a clearing", () => {
    const latency = new Latency();
    expect([Latency.quantile([latency], 0.5), latency.view()]).toEqual([undefined, undefined]);
    latency.record(5);
    latency.clear();
    expect([Latency.quantile([latency], 0.5), latency.view(), latency.maxMs]).toEqual([undefined, undefined, 0]);
    latency.record(0.007);
    expect(latency.view()).toEqual({ count: 1, p50Ms: 0.007, p95Ms: 0.007, p99Ms: 0.007, maxMs: 0.007 });
  });

  test("takes a clock that goes back, and what lasts longer than anybody waits", () => {
    const latency = recorded([-1, 1e12]);
    expect(Latency.quantile([latency], 0)).toBeLessThanOrEqual(A_MICROSECOND);
    expect(Latency.quantile([latency], 1)).toBeGreaterThan(30 * 60_000);
  });
});

test("a bucket holds what takes no longer than its bound", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(duration, fc.constantFrom(...BOUNDS_S.map((s) => s * 1_000))), { maxLength: 100 }),
      (values) => {
        const counted = new Durations();
        for (const ms of values) counted.record(ms);
        expect(counted.cumulative()).toEqual(BOUNDS_S.map((bound) => values.filter((ms) => ms <= bound * 1_000).length));
        expect(counted.count).toBe(values.length);
        expect(counted.sumSeconds).toBeCloseTo(values.reduce((sum, ms) => sum + ms, 0) / 1_000, 6);
      },
    ),
  );
});
