import { expect, test } from "vitest";
import { Backoff } from "../../../src/time/backoff.ts";

const firstOf = (backoff: Backoff, count: number): readonly number[] => Array.from({ length: count }, () => backoff.next());

test("delays double up to the maximum and begin anew after a reset", () => {
  const backoff = new Backoff({ firstMs: 100, maxMs: 1_000 });
  expect(firstOf(backoff, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  backoff.reset();
  expect(firstOf(backoff, 2)).toEqual([100, 200]);
});

test("delays never leave the maximum, however often it was asked", () => {
  const backoff = new Backoff({ firstMs: 100, maxMs: 1_000 });
  expect(firstOf(backoff, 3_000).at(-1)).toBe(1_000);
});
