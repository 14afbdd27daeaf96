import { describe, expect, test } from "vitest";
import {
  cannotStart,
  diedSoon,
  hasDied,
  startStopped,
  startTimedOut,
  stoppedForGood,
} from "../../../src/lifecycle/start-errors.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import { makeSpec } from "../../support/fake-backend.ts";
import { workloadOf } from "./workloads.ts";

const spec = makeSpec({ id: "notes", startTimeoutMs: 40_000 });
const FACTS = { retryAfterMs: 700, httpStatus: 503, rpc: { code: -1, message: "no" } };

describe("cannotStart()", () => {
  test("whatever kept a backend from starting is a failed start in its name, with the facts and a next step", () => {
    const cause = new GatewayError("unavailable", "Connection refused", { ...FACTS, backend: "other" });
    const error = cannotStart(spec, cause);
    expect(error).toMatchObject({
      ...FACTS,
      code: "start_failed",
      message: 'Cannot start "notes": Connection refused',
      backend: "notes",
      outcome: "not_executed",
      hint: "Call status with this server for its log; manage with action reset lets the next call try at once",
    });
    expect(error.cause).toBe(cause);
  });

  test("a message that names the backend and a hint that is there stay as they are", () => {
    const cause = new GatewayError("internal", 'No image for "notes"', { hint: "Pull it" });
    expect(cannotStart(spec, cause)).toMatchObject({ message: 'No image for "notes"', hint: "Pull it" });
  });

  test.each(["needs_config", "shutting_down"] as const)("%s keeps its code", (code) => {
    expect(cannotStart(spec, new GatewayError(code, "any")).code).toBe(code);
  });
});

test("a start that takes too long says how long it was given, and where to look", () => {
  expect(startTimedOut(spec)).toMatchObject({
    code: "deadline_exceeded",
    message: 'Cannot start "notes": no MCP answer within 40 s',
    backend: "notes",
    outcome: "not_executed",
    hint: "Check its log with status, or raise startTimeoutMs in the registry",
  });
});

test("a call that lost its backend says how it ended, and what is known of the call", () => {
  const cause = new GatewayError("unavailable", "Socket closed", { ...FACTS, hint: "Wait", outcome: "executed" });
  const error = hasDied(spec, "exited with code 1", cause);
  expect(error).toMatchObject({
    ...FACTS,
    hint: "Wait",
    code: "unavailable",
    message: '"notes" is gone: exited with code 1',
    backend: "notes",
    outcome: "executed",
  });
  expect(error.cause).toBe(cause);
});

test("a quick death is told with its age, its last words and where to find more", () => {
  expect(diedSoon(spec, workloadOf({ logTail: () => ["cannot bind"] }), "exited with code 1", 1_500)).toMatchObject({
    code: "start_failed",
    message: '"notes" exited with code 1 after 1.5 s; its last log lines:\ncannot bind',
    backend: "notes",
    hint: "Call status with this server for its log",
  });
});

test("stopping is told to those who come too late and to those who waited", () => {
  expect(stoppedForGood(spec)).toMatchObject({
    code: "shutting_down",
    message: '"notes" is being stopped and takes no new calls',
    backend: "notes",
  });
  expect(startStopped(spec)).toMatchObject({
    code: "shutting_down",
    message: '"notes" was stopped while it was starting',
    backend: "notes",
  });
});
