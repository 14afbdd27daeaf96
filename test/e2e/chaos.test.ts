import { expect, test } from "vitest";
import { runChaos } from "../../scripts/chaos/run-chaos.ts";

const SEED = 4;
const CALLS = 10_000;
const SECONDS = 15;

test(`what a host is told is what was done, whatever breaks (npm run chaos -- --seed ${SEED})`, async () => {
  const report = await runChaos({ seed: SEED, calls: CALLS, seconds: SECONDS, inFlight: 64 });
  expect(report.violations).toEqual([]);
  expect(report.executions).toBeGreaterThan(report.calls / 2); // most of the calls did reach a backend
}, 150_000);
