import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { connectWhenReady, logLines } from "../../../src/lifecycle/readiness.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Connection, ConnectRequest, Endpoint, WorkloadExit } from "../../../src/model/ports.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { gate, makeSpec, untilAborted } from "../../support/fake-backend.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { workloadOf } from "./workloads.ts";

const CLOSED = new GatewayError("unavailable", "Cannot connect: it closed its pipes");
const EXIT = { code: 3, signal: null, reason: "exited with code 3" };
const PIPES: Endpoint = { kind: "stdio", input: new PassThrough(), output: new PassThrough() };
const ADDRESS: Endpoint = { kind: "http", url: "http://localhost/", headers: {} };
const CONNECTION = { era: "legacy" } as Connection;

interface Attempt {
  readonly at: number;
  readonly signal: Signal;
}

interface Setting {
  readonly endpoint?: Endpoint;
  readonly warmsUp?: boolean;
  readonly log?: readonly string[];
  readonly clock?: ManualClock;
  /** What comes of each attempt to connect. */
  readonly connect?: (signal: Signal, attempt: number, clock: ManualClock) => Promise<Connection>;
}

/** Connects to a workload that exits when the test says so. */
function begin({ endpoint = ADDRESS, warmsUp = true, log = [], connect = () => Promise.reject(CLOSED), ...rest }: Setting) {
  const exited = gate<WorkloadExit>();
  const clock = rest.clock ?? new ManualClock();
  const workload = workloadOf({ endpoint, exited: exited.promise, warmsUp, logTail: () => log });
  const attempts: Attempt[] = [];
  const transport = {
    connect: ({ signal }: ConnectRequest) => {
      attempts.push({ at: clock.now(), signal });
      return connect(signal, attempts.length, clock);
    },
  };
  const caller = new AbortController();
  const request: ConnectRequest = { spec: makeSpec(), endpoint, signal: caller.signal, onNotification: () => {} };
  const told = connectWhenReady(workload, transport, request, clock).catch((error: unknown) => error);
  let isTold = false;
  void told.then(() => {
    isTold = true;
  });
  return { clock, caller, attempts, exit: () => exited.open(EXIT), told, isTold: () => isTold };
}

describe("a child that closes its pipes", () => {
  const dying = { endpoint: PIPES, warmsUp: false };

  test("and then exits is told by its exit and its last words, made harmless", async () => {
    const { exit, told } = begin({ ...dying, log: ["reading", "\u001b]0;owned\u0007gone"] });
    await settle();
    exit();
    expect(await told).toMatchObject({
      code: "start_failed",
      message:
        'Cannot start "notes": it exited with code 3 before it answered; its last log lines:\nreading\n\\u{1b}]0;owned\\u{7}gone',
      hint: "Run the command by hand to see why it ends, then call manage with action reset",
    });
  });

  test("and stays is told by that after a moment", async () => {
    const { clock, told, isTold } = begin(dying);
    await clock.advance(249);
    expect(isTold()).toBe(false);
    await clock.advance(1);
    expect(await told).toBe(CLOSED);
    expect(clock.waiting).toBe(0);
  });

  test("is not waited for when its caller leaves", async () => {
    const { caller, clock, told } = begin(dying);
    await settle();
    caller.abort(new GatewayError("cancelled", "Call cancelled"));
    expect(await told).toMatchObject({ code: "unavailable" });
    expect(clock.waiting).toBe(0);
  });
});

test("a child that answers nonsense is told by that at once: no exit is to be expected", async () => {
  const nonsense = new GatewayError("upstream_protocol", "That was no MCP");
  const { clock, told } = begin({ endpoint: PIPES, warmsUp: false, connect: () => Promise.reject(nonsense) });
  expect(await told).toBe(nonsense);
  expect(clock.waiting).toBe(0);
});

test("a server at an address that refuses is told by that at once: it may well live on", async () => {
  const { clock, told } = begin({ warmsUp: false });
  expect(await told).toBe(CLOSED);
  expect(clock.waiting).toBe(0);
});

describe("a workload that warms up", () => {
  const failing = (error: unknown): Setting => ({ connect: () => Promise.reject(error) });
  const times = ({ attempts }: ReturnType<typeof begin>) => attempts.map(({ at }) => at);

  test("is asked again after 25 ms, doubling to half a second, for as long as its caller waits", async () => {
    const start = begin({});
    await start.clock.advance(60_000);
    expect(times(start).slice(0, 8)).toEqual([0, 25, 75, 175, 375, 775, 1_275, 1_775]);
    expect(start.isTold()).toBe(false);
    start.caller.abort(new GatewayError("deadline_exceeded", "Too slow"));
    expect(await start.told).toMatchObject({ code: "deadline_exceeded" });
    expect(start.clock.waiting).toBe(0);
  });

  test("gives its connection as soon as it answers", async () => {
    const start = begin({ connect: (_signal, attempt) => (attempt < 3 ? Promise.reject(CLOSED) : Promise.resolve(CONNECTION)) });
    await start.clock.advance(75);
    expect(await start.told).toBe(CONNECTION);
    expect(times(start)).toEqual([0, 25, 75]);
  });

  test.each([
    { what: "404", error: new GatewayError("upstream_rejected", "Not found", { httpStatus: 404 }) },
    { what: "nonsense", error: new GatewayError("upstream_protocol", "That was no MCP") },
  ])("may answer $what for 5 s", async ({ error }) => {
    const start = begin(failing(error));
    await start.clock.advance(5_000);
    expect(start.isTold()).toBe(false);
    await start.clock.advance(500);
    expect(await start.told).toBe(error);
    expect(times(start).at(-1)).toBe(5_275);
  });

  test.each([
    { ms: 4_999, attempts: 2 },
    { ms: 5_000, attempts: 1 },
  ])("that answers nonsense after $ms ms is asked $attempts times", async ({ ms, attempts }) => {
    const nonsense = new GatewayError("upstream_protocol", "That was no MCP");
    const late = new ManualClock();
    await late.advance(3_600_000);
    const start = begin({
      clock: late,
      connect: async (_signal, _attempt, clock) => {
        await new Promise<void>((resolve) => void clock.after(ms, resolve));
        throw nonsense;
      },
    });
    await start.clock.advance(2 * ms + 25);
    expect(await start.told).toBe(nonsense);
    expect(start.attempts).toHaveLength(attempts);
  });

  test.each([
    { what: "a refusal", error: new GatewayError("upstream_rejected", "Unauthorized", { httpStatus: 401 }) },
    { what: "a defect of our own", error: new TypeError("x is not a function") },
  ])("is not asked again after $what", async ({ error }) => {
    const start = begin(failing(error));
    await start.clock.advance(1_000);
    expect(await start.told).toMatchObject({ message: error.message });
    expect(times(start)).toEqual([0]);
  });

  test("that exits is told by its exit at once, and the attempt under way is given up", async () => {
    const start = begin({ connect: untilAborted, log: ["cannot bind"] });
    await settle();
    start.exit();
    expect(await start.told).toMatchObject({
      code: "start_failed",
      message: 'Cannot start "notes": it exited with code 3 before it answered; its last log lines:\ncannot bind',
    });
    expect(start.attempts[0]?.signal.aborted).toBe(true);
  });

  test("that exits between two attempts is not asked again", async () => {
    const start = begin({});
    await start.clock.advance(30);
    start.exit();
    await start.clock.advance(60_000);
    expect(await start.told).toMatchObject({ code: "start_failed" });
    expect(times(start)).toEqual([0, 25]);
    expect(start.clock.waiting).toBe(0);
  });

  test("is given up with its caller's reason while an attempt is under way", async () => {
    const start = begin({ connect: untilAborted });
    await settle();
    const reason = new GatewayError("shutting_down", "Stopped");
    start.caller.abort(reason);
    expect(await start.told).toBe(reason);
    expect(start.attempts).toHaveLength(1);
  });
});

describe("logLines()", () => {
  test("gives the last 20 lines, each on its own line", () => {
    const log = Array.from({ length: 25 }, (_, line) => `line ${line}`);
    expect(logLines(workloadOf({ logTail: () => log }))).toBe(`; its last log lines:\n${log.slice(5).join("\n")}`);
  });

  test("keeps a line that pretends to be several in one", () => {
    expect(logLines(workloadOf({ logTail: () => ["one\ntwo"] }))).not.toContain("one\ntwo");
  });

  test("gives nothing for a silent workload", () => {
    expect(logLines(workloadOf())).toBe("");
  });
});
