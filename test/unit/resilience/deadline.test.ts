import { expect, test } from "vitest";
import { callBudget } from "../../../src/resilience/deadline.ts";

test.each([
  { backendMs: 45_000, toolMs: undefined, requestMs: undefined, sendMs: 45_000, totalMs: 55_000 },
  { backendMs: 45_000, toolMs: 120_000, requestMs: undefined, sendMs: 120_000, totalMs: 130_000 },
  { backendMs: 45_000, toolMs: 5_000, requestMs: undefined, sendMs: 5_000, totalMs: 15_000 },
  { backendMs: 45_000, toolMs: undefined, requestMs: 3_000, sendMs: 3_000, totalMs: 3_000 },
  { backendMs: 45_000, toolMs: undefined, requestMs: 50_000, sendMs: 45_000, totalMs: 50_000 },
  { backendMs: 45_000, toolMs: 3_600_000, requestMs: undefined, sendMs: 600_000, totalMs: 600_000 },
])("backend $backendMs, tool $toolMs, request $requestMs: $sendMs to answer, $totalMs in all", (row) => {
  const { sendMs, totalMs } = row;
  expect(callBudget(row.backendMs, row.toolMs, row.requestMs)).toEqual({ sendMs, totalMs });
});
