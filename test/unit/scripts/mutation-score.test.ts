import { expect, test } from "vitest";
import { meets, row, scoreOf, sum } from "../../../scripts/mutation/score.ts";

const GROUP = { name: "lines", files: [], tests: [], floor: 75 };
const mutants = (...statuses: readonly string[]) => statuses.map((status) => ({ status }));

test("a mutant is killed by a failing test or by a timeout, and survives what covers it or nothing", () => {
  const ended = mutants("Killed", "Timeout", "Survived", "NoCoverage", "Ignored", "CompileError", "RuntimeError");
  expect(scoreOf(GROUP, ended)).toEqual({ name: "lines", floor: 75, killed: 2, survived: 2 });
});

test("a score that is just enough is enough", () => {
  expect(meets(scoreOf(GROUP, mutants("Killed", "Killed", "Killed", "Survived")))).toBe(true);
  expect(meets(scoreOf(GROUP, mutants("Killed", "Killed", "Survived")))).toBe(false);
});

test("a group without mutants is a wrong pattern, not a perfect score", () => {
  expect(meets(scoreOf({ ...GROUP, floor: 0 }, []))).toBe(false);
});

test("several scores add up mutant by mutant", () => {
  const one = { name: "one", floor: 0, killed: 1, survived: 1 };
  const other = { name: "other", floor: 0, killed: 8, survived: 0 };
  expect(sum("overall", 85, [one, other])).toEqual({ name: "overall", floor: 85, killed: 9, survived: 1 });
});

test("a line of the table says what is missing", () => {
  expect(row({ name: "lines", floor: 95, killed: 3, survived: 1 })).toMatch(/^lines +4 +3 +1 +75\.0 +95 +TOO LOW$/);
  expect(row({ name: "cache", floor: 0, killed: 4, survived: 0 })).toMatch(/^cache +4 +4 +0 +100\.0 +-$/);
});
