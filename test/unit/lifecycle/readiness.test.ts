import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { connectWhenReady } from "../../../src/lifecycle/readiness.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { ConnectRequest, Transport, Workload, WorkloadExit } from "../../../src/model/ports.ts";
import { gate, makeSpec } from "../../support/fake-backend.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const CLOSED = new GatewayError("unavailable", "Cannot connect: it closed its pipes");
const EXIT = { code: 3, signal: null, reason: "exited with code 3" };

/** A child that closes its pipes at once; it exits when the test says so. */
function startDyingChild(log: readonly string[] = []) {
  const exited = gate<WorkloadExit>();
  const clock = new ManualClock();
  const endpoint = { kind: "stdio", input: new PassThrough(), output: new PassThrough() } as const;
  const workload: Workload = {
    endpoint,
    exited: exited.promise,
    facts: {},
    warmsUp: false,
    logTail: () => log,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const transport: Transport = { connect: () => Promise.reject(CLOSED) };
  const request: ConnectRequest = { spec: makeSpec(), endpoint, signal: new AbortController().signal, onNotification: () => {} };
  const failure = connectWhenReady(workload, transport, request, clock).catch((error: unknown) => error);
  return { clock, exit: () => exited.open(EXIT), failure };
}

test("a child that closes its pipes before it exits is told by its exit and its last words, made harmless", async () => {
  const { exit, failure } = startDyingChild(["reading", "\u001b]0;owned\u0007gone"]);
  await settle();
  exit();
  expect(await failure).toMatchObject({
    code: "start_failed",
    message:
      'Cannot start "notes": it exited with code 3 before it answered; its last log lines:\nreading\n\\u{1b}]0;owned\\u{7}gone',
  });
});

test("a child that closes its pipes and stays is told by that after a moment", async () => {
  const { clock, failure } = startDyingChild();
  await clock.advance(250);
  expect(await failure).toBe(CLOSED);
  expect(clock.waiting).toBe(0);
});
