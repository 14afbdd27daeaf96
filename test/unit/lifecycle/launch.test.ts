import { describe, expect, test } from "vitest";
import { close, type LaunchListeners, launch } from "../../../src/lifecycle/launch.ts";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { LaunchRequest } from "../../../src/model/ports.ts";
import { FakeBackend, gate, makeSpec, untilAborted } from "../../support/fake-backend.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

/** A start over a fake backend, with a slot that tells in the ledger when it is taken and given back. */
function prepare(over: Partial<BackendSpec> = {}) {
  const backend = new FakeBackend();
  const clock = new ManualClock();
  const stop = new AbortController();
  const requests: LaunchRequest[] = [];
  const stages: unknown[][] = [];
  const notes: unknown[][] = [];
  const listeners: LaunchListeners = {
    report: (...stage) => stages.push(stage),
    onNotification: (...note) => notes.push(note),
  };
  const spec = makeSpec(over);
  const driver = {
    kind: "fake",
    launch: async (request: LaunchRequest) => {
      requests.push(request);
      return await backend.launch(request);
    },
  };
  const startSlot = async (): Promise<Disposable> => {
    backend.ledger.push("slot taken");
    return { [Symbol.dispose]: () => void backend.ledger.push("slot given back") };
  };
  const begin = () => launch({ spec, replica: 2, driver, transport: backend, clock, startSlot }, stop.signal, listeners);
  return { backend, clock, stop, requests, stages, notes, spec, begin };
}

const failureOf = (start: Promise<unknown>): Promise<unknown> => start.catch((error: unknown) => error);

describe("launch()", () => {
  test("takes a slot, launches, connects, reports ready and gives the slot back", async () => {
    const { backend, clock, requests, stages, spec, begin } = prepare();
    const running = await begin();
    expect(backend.ledger).toEqual(["slot taken", "launch", "connect", "slot given back"]);
    expect(running.workload.endpoint).toMatchObject({ kind: "http" });
    expect(running.connection.era).toBe("legacy");
    expect(requests).toMatchObject([{ spec, replica: 2 }]);
    expect(stages).toEqual([["ready"]]);
    expect(clock.waiting).toBe(0);
  });

  test("passes on what the driver reports and what the backend says", async () => {
    const { backend, requests, stages, notes, begin } = prepare();
    await begin();
    requests[0]?.report("pull", "3 of 5 layers");
    backend.notify("notifications/message", { level: "info" });
    expect(stages).toEqual([["ready"], ["pull", "3 of 5 layers"]]);
    expect(notes).toEqual([["notifications/message", { level: "info" }]]);
  });

  test("a connection that fails closes the workload, and its reason is told", async () => {
    const { backend, stages, begin } = prepare();
    const refused = new GatewayError("upstream_protocol", "That was no MCP");
    backend.connecting = () => Promise.reject(refused);
    backend.logLines = ["unasked"];
    expect(await failureOf(begin())).toBe(refused);
    expect(backend.ledger).toEqual(["slot taken", "launch", "connect", "workload closed", "slot given back"]);
    expect(stages).toEqual([]);
  });

  test("a start that is too slow is told with the last words of the workload", async () => {
    const { backend, clock, begin } = prepare({ startTimeoutMs: 1_000 });
    backend.connecting = untilAborted;
    backend.logLines = ["listening soon"];
    const failed = failureOf(begin());
    await clock.advance(1_000);
    const error = (await failed) as GatewayError;
    expect(error).toMatchObject({
      code: "start_failed",
      message: 'Cannot start "notes": no MCP answer within 1 s; its last log lines:\nlistening soon',
      hint: "Check its log with status, or raise startTimeoutMs in the registry",
    });
    expect(error.cause).toMatchObject({ code: "deadline_exceeded" });
  });

  test("a start that is too slow and silent is told as it is", async () => {
    const { backend, clock, begin } = prepare({ startTimeoutMs: 1_000 });
    backend.connecting = untilAborted;
    const failed = failureOf(begin());
    await clock.advance(1_000);
    expect(await failed).toMatchObject({
      code: "deadline_exceeded",
      message: 'Cannot start "notes": no MCP answer within 1 s',
    });
  });

  test("a stop ends it with the stop's own reason, without the log", async () => {
    const { backend, clock, stop, begin } = prepare();
    backend.connecting = untilAborted;
    backend.logLines = ["listening soon"];
    const failed = failureOf(begin());
    await settle();
    const reason = new GatewayError("shutting_down", "Stopped while it was starting");
    stop.abort(reason);
    expect(await failed).toBe(reason);
    expect(clock.waiting).toBe(0);
  });

  /** Launches whose first `taken` workloads end because somebody else has their port. */
  function withTakenPorts(taken: number) {
    const prepared = prepare();
    const { backend, requests } = prepared;
    const refused = new GatewayError("start_failed", "It exited with code 1 before it answered");
    backend.connecting = () => (requests.length <= taken ? Promise.reject(refused) : Promise.resolve());
    const launched = backend.launch.bind(backend);
    backend.launch = async (request) => ({ ...(await launched(request)), lostItsPort: () => requests.length <= taken });
    return { ...prepared, refused };
  }

  test("a workload whose port somebody else took first is launched again, in the same start", async () => {
    const { backend, begin } = withTakenPorts(2);
    await begin();
    const lost = ["launch", "connect", "workload closed"];
    expect(backend.ledger).toEqual(["slot taken", ...lost, ...lost, "launch", "connect", "slot given back"]);
  });

  test("a third port that is taken fails the start with the reason", async () => {
    const { requests, refused, begin } = withTakenPorts(3);
    expect(await failureOf(begin())).toBe(refused);
    expect(requests).toHaveLength(3);
  });

  test("a start that is stopped launches nothing any more", async () => {
    const { requests, stop, begin } = withTakenPorts(3);
    const reason = new GatewayError("shutting_down", "Stopped while it was starting");
    const failed = failureOf(begin());
    stop.abort(reason);
    expect(await failed).toBe(reason);
    expect(requests).toHaveLength(1);
  });

  test("a workload that cannot even be closed hides nothing of the first error", async () => {
    const { backend, requests, begin } = prepare();
    const refused = new GatewayError("upstream_protocol", "That was no MCP");
    backend.connecting = () => Promise.reject(refused);
    const launched = backend.launch.bind(backend);
    backend.launch = async (request) => ({
      ...(await launched(request)),
      [Symbol.asyncDispose]: () => Promise.reject(new Error("engine is gone")),
    });
    expect(await failureOf(begin())).toBe(refused);
    expect(requests).toHaveLength(1);
  });
});

test("closing closes the conversation first, then the workload, whatever comes of the first", async () => {
  const { backend, begin } = prepare();
  const { workload, connection } = await begin();
  const closing = gate<void>();
  const closed = close({
    workload,
    connection: { ...connection, [Symbol.asyncDispose]: () => closing.promise },
  });
  await settle();
  expect(backend.ledger).not.toContain("workload closed");
  closing.fail(new Error("socket is gone"));
  await closed;
  expect(backend.ledger).toContain("workload closed");
});
