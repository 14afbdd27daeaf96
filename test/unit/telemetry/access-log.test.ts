import { expect, test } from "vitest";
import type { CallRecord, Observer } from "../../../src/model/ports.ts";
import { createAccessLog, tellAll } from "../../../src/telemetry/access-log.ts";
import type { Logger } from "../../../src/telemetry/logger.ts";
import { recorder } from "../../support/open-house.ts";

const RECORD: CallRecord = {
  id: 1,
  ref: { backend: "git", tool: "log" },
  ms: 1.23456,
  endedAt: 9,
  code: "ok",
  notes: { cache: "hit" },
};

test("a call is one line of shapes and times", () => {
  const { log, lines } = recorder();
  createAccessLog(log).callFinished(RECORD);
  const fields = { call: "c1", server: "git", tool: "log", ms: 1.235, code: "ok", outcome: undefined, cache: "hit" };
  expect(lines).toEqual([{ level: "info", message: "call", fields }]);
});

test("a line that nobody hears is not even made", () => {
  const { log, lines } = recorder();
  const deaf: Logger = { ...log, hears: () => false };
  createAccessLog(deaf).callFinished(RECORD);
  expect(lines).toEqual([]);
});

test("an observer that throws keeps no other from hearing of a call or a change", () => {
  const { log, lines } = recorder();
  const heard: string[] = [];
  const broken = (): never => {
    throw new Error("defect");
  };
  const observer = (tell: (what: string) => void): Observer => ({
    callFinished: () => tell("call"),
    backendChanged: (_backend, _state, _detail, startMs) => tell(`backend ${startMs}`),
    circuitChanged: () => tell("circuit"),
  });
  const all = tellAll([observer(broken), observer((what) => heard.push(what))], log);
  all.callFinished(RECORD);
  all.backendChanged("git", "running", undefined, 30);
  all.circuitChanged("git", "open");
  expect(heard).toEqual(["call", "backend 30", "circuit"]);
  expect(lines).toMatchObject(Array.from({ length: 3 }, () => ({ level: "error", message: "observer failed" })));
});
