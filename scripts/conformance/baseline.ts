import { readFile } from "node:fs/promises";
import type { Check, Outcome } from "./run-scenario.ts";
import type { Half, Revision, Scenario } from "./scenarios.ts";

const FILE = new URL("baseline.json", import.meta.url);

/** Failures that are expected, and why. */
export interface Expectation {
  readonly reason: string;
  readonly half: Half;
  /** Both revisions where none is named. */
  readonly revision?: Revision;
  readonly scenarios: readonly string[];
  /** The checks that fail; all of the scenario's may where none is named. */
  readonly checks?: readonly string[];
}

/** How one check compares with the baseline. */
export type Verdict = "passed" | "failed" | "expected failure" | "unexpected pass";

/** One check beside what was expected of it. */
export interface Judged {
  readonly scenario: Scenario;
  readonly check: Check;
  readonly verdict: Verdict;
}

/** Reads the committed baseline. */
export async function readBaseline(): Promise<readonly Expectation[]> {
  const { expectedFailures }: { expectedFailures: readonly Expectation[] } = JSON.parse(await readFile(FILE, "utf8"));
  return expectedFailures;
}

/** Lays the checks of a scenario beside the baseline; a scenario that is expected to fail as a whole may pass in parts. */
export function judge({ scenario, checks }: Outcome, baseline: readonly Expectation[]): readonly Judged[] {
  const expectations = baseline.filter((expected) => concerns(expected, scenario));
  const failedSomewhere = checks.some(({ passed }) => !passed);
  return checks.map((check) => {
    const named = expectations.some((expected) => expected.checks?.includes(check.id));
    const whole = expectations.some((expected) => expected.checks === undefined);
    if (!check.passed) return { scenario, check, verdict: named || whole ? "expected failure" : "failed" };
    return { scenario, check, verdict: named || (whole && !failedSomewhere) ? "unexpected pass" : "passed" };
  });
}

const concerns = ({ half, revision, scenarios }: Expectation, scenario: Scenario): boolean =>
  half === scenario.half && (revision ?? scenario.revision) === scenario.revision && scenarios.includes(scenario.name);
