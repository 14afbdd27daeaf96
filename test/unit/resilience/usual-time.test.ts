import { expect, test } from "vitest";
import { UsualTime } from "../../../src/resilience/usual-time.ts";

const after = (...times: readonly number[]): number => {
  const usual = new UsualTime();
  for (const ms of times) usual.note(ms);
  return usual.ms;
};

test.each<[string, number, readonly number[]]>([
  ["0 while nothing was answered", 0, []],
  ["the only one there is", 40, [40]],
  ["the one in the middle, by size", 40, [9, 1_000, 40]],
  ["the longer of the two in the middle", 40, [10, 40]],
  ["hardly moved by a cold start", 12, [9_000, 10, 11, 12, 13]],
])("the usual time is %s", (_what, ms, times) => {
  expect(after(...times)).toBe(ms);
});

test("only the last 31 answers count", () => {
  const old = Array.from({ length: 50 }, () => 9_000);
  const recent = Array.from({ length: 31 }, (_, at) => at);
  expect(after(...old, ...recent)).toBe(15);
  expect(after(...recent, 7_000, 7_000, 7_000, 7_000)).toBe(19);
});
