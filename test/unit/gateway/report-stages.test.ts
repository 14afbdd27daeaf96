import { expect, test } from "vitest";
import { reportStages } from "../../../src/gateway/report-stages.ts";
import type { ProgressUpdate } from "../../../src/model/call.ts";
import { ManualClock } from "../../support/manual-clock.ts";

test("a host that did not ask for progress is told nothing", () => {
  expect(reportStages(undefined, new ManualClock())).toBeUndefined();
});

test("stages come as ever greater steps below one, at most four a second", async () => {
  const heard: ProgressUpdate[] = [];
  const clock = new ManualClock();
  const report = reportStages((update) => heard.push(update), clock);
  report?.("pull", "1/3 MB");
  report?.("pull", "2/3 MB");
  await clock.advance(250);
  report?.("create");
  await clock.advance(250);
  report?.("ready");
  expect(heard.map(({ message }) => message)).toEqual(["pull: 1/3 MB", "create", "ready"]);
  expect(heard.map(({ progress }) => progress)).toEqual([0.001, 0.002, 0.003]);
});
