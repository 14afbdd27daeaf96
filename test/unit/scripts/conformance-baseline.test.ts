import { expect, test } from "vitest";
import { type Expectation, judge, readBaseline } from "../../../scripts/conformance/baseline.ts";
import { HALVES, REVISIONS, type Scenario, scenariosOf } from "../../../scripts/conformance/scenarios.ts";

const scenario: Scenario = { half: "plain", revision: "2026-07-28", name: "caching" };
const expected: Expectation = { reason: "no prompts", half: "plain", scenarios: ["caching"] };
const check = (id: string, passed: boolean) => ({ id, passed, detail: undefined });
const verdicts = (checks: readonly ReturnType<typeof check>[], ...baseline: readonly Expectation[]) =>
  judge({ scenario, checks, output: "" }, baseline).map(({ verdict }) => verdict);

test("a failed check that the baseline does not name is a failure", () => {
  const other: Expectation = { ...expected, checks: ["b"] };
  expect(verdicts([check("a", false), check("b", false), check("c", true)], other)).toEqual([
    "failed",
    "expected failure",
    "passed",
  ]);
});

test("a check that passes although the baseline names it is reported", () => {
  expect(verdicts([check("a", true)], { ...expected, checks: ["a"] })).toEqual(["unexpected pass"]);
});

test("a scenario that is expected to fail may pass in parts, but not as a whole", () => {
  expect(verdicts([check("a", false), check("b", true)], expected)).toEqual(["expected failure", "passed"]);
  expect(verdicts([check("a", true), check("b", true)], expected)).toEqual(["unexpected pass", "unexpected pass"]);
});

test("an expectation holds for its own half and revision alone", () => {
  expect(verdicts([check("a", false)], { ...expected, revision: "2025-11-25" })).toEqual(["failed"]);
  expect(verdicts([check("a", false)], { ...expected, half: "facade" })).toEqual(["failed"]);
});

test("the committed baseline names only scenarios that are run, each with its reason", async () => {
  const run = HALVES.flatMap((half) => REVISIONS.flatMap((revision) => scenariosOf(half, revision)));
  for (const { reason, half, revision, scenarios } of await readBaseline()) {
    expect(reason).not.toBe("");
    for (const name of scenarios)
      expect(run.some((one) => one.name === name && one.half === half && (revision ?? one.revision) === one.revision)).toBe(true);
  }
});
