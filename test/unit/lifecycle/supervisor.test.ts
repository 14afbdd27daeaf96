import { setMaxListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { Supervisor } from "../../../src/lifecycle/supervisor.ts";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { FakeBackend, gate, makeSpec, untilAborted } from "../../support/fake-backend.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const never = new AbortController().signal;
setMaxListeners(0, never); // many callers of one test share it

function setUp(over: Partial<BackendSpec> = {}) {
  const backend = new FakeBackend();
  const clock = new ManualClock();
  const states: string[] = [];
  const supervisor = new Supervisor({
    spec: makeSpec(over),
    replica: 0,
    driver: backend,
    transport: backend,
    clock,
    drainMs: 5_000,
    startSlot: async () => ({ [Symbol.dispose]: () => {} }),
    events: { stateChanged: (_backend, state) => states.push(state), connected: () => {}, notified: () => {} },
  });
  const call = (signal: Signal = never, work: () => Promise<string> = async () => "answer") => supervisor.use(signal, work);
  return { backend, clock, states, supervisor, call };
}

const codeOf = (reason: unknown): string => (reason instanceof GatewayError ? reason.code : String(reason));

describe("starting", () => {
  test("a stopped backend is started once for many callers", async () => {
    const { backend, call } = setUp();
    expect(await Promise.all(Array.from({ length: 100 }, () => call()))).toEqual(Array(100).fill("answer"));
    expect(backend.ledger).toEqual(["launch", "connect"]);
  });

  test("a start outlives the caller that began it", async () => {
    const { backend, call } = setUp();
    const started = gate();
    backend.launching = () => started.promise;
    const leaver = new AbortController();
    const left = call(leaver.signal).catch(codeOf);
    leaver.abort(new GatewayError("cancelled", "Call cancelled"));
    expect(await left).toBe("cancelled");
    const next = call();
    started.open();
    expect(await next).toBe("answer");
    expect(backend.launches).toBe(1);
  });

  test("a backend that does not answer within startTimeoutMs fails, names its last words and leaves nothing behind", async () => {
    const { backend, clock, call } = setUp({ startTimeoutMs: 1_000 });
    backend.connecting = untilAborted;
    backend.logLines = ["listening soon"];
    const failed = call().catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await failed).toMatchObject({ code: "start_failed", backend: "notes", outcome: "not_executed" });
    expect(String(await failed)).toContain("listening soon");
    expect(backend.ledger).toEqual(["launch", "connect", "workload closed"]);
  });

  test("a failed start is remembered: calls fail at once with the time to wait, which doubles to a minute", async () => {
    const { backend, clock, call } = setUp();
    backend.launching = () => Promise.reject(new GatewayError("start_failed", "Command not found"));
    const waits: unknown[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await call().catch(() => {});
      const again = await call().catch((error: unknown) => error);
      expect(again).toMatchObject({ code: "start_failed" });
      waits.push((again as GatewayError).retryAfterMs);
      await clock.advance((again as GatewayError).retryAfterMs ?? 0);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(backend.launches).toBe(8);
  });

  test("reset forgets failed starts", async () => {
    const { backend, supervisor, call } = setUp();
    backend.launching = () => Promise.reject(new GatewayError("start_failed", "Command not found"));
    await call().catch(() => {});
    backend.launching = () => Promise.resolve();
    supervisor.reset();
    expect(await call()).toBe("answer");
  });

  test("a workload that warms up is asked again until it answers", async () => {
    const { backend, clock, call } = setUp();
    backend.warmsUp = true;
    let refusals = 5;
    backend.connecting = () =>
      refusals-- > 0 ? Promise.reject(new GatewayError("unavailable", "Connection refused")) : Promise.resolve();
    const answered = call();
    await clock.advance(25 + 50 + 100 + 200 + 400);
    expect(await answered).toBe("answer");
    expect(backend.ledger.filter((line) => line === "connect")).toHaveLength(6);
  });

  test("one that does not warm up is asked once", async () => {
    const { backend, call } = setUp();
    backend.connecting = () => Promise.reject(new GatewayError("unavailable", "Connection refused"));
    expect(await call().catch(codeOf)).toBe("start_failed");
    expect(backend.ledger).toEqual(["launch", "connect", "workload closed"]);
  });

  test("a workload that exits while it warms up fails the start at once with its log", async () => {
    const { backend, call } = setUp();
    backend.warmsUp = true;
    backend.logLines = ["cannot bind"];
    backend.connecting = untilAborted;
    const failed = call().catch((error: unknown) => String(error));
    await settle();
    backend.die("exited with code 3");
    expect(await failed).toMatch(/exited with code 3 before it answered.*cannot bind/s);
  });
});

describe("stopping", () => {
  test("the connection closes before the workload", async () => {
    const { backend, supervisor, call } = setUp();
    await call();
    await supervisor.stop();
    expect(backend.ledger.slice(-2)).toEqual(["connection closed", "workload closed"]);
    expect(supervisor.state.name).toBe("stopped");
  });

  test("a stop waits for calls in flight, and a call that comes meanwhile waits for the stop and starts anew", async () => {
    const { backend, supervisor, call } = setUp();
    const work = gate<string>();
    const inFlight = call(never, () => work.promise);
    await settle();
    const stopped = supervisor.stop();
    const late = call();
    await settle();
    expect(backend.ledger).toEqual(["launch", "connect"]);
    work.open("finished");
    expect(await inFlight).toBe("finished");
    await stopped;
    expect(await late).toBe("answer");
    expect(backend.launches).toBe(2);
  });

  test("a call that never ends is waited for no longer than drainMs", async () => {
    const { supervisor, clock, call } = setUp();
    void call(never, () => new Promise(() => {}));
    await settle();
    const stopped = supervisor.stop();
    await clock.advance(4_999);
    expect(supervisor.state.name).toBe("draining");
    await clock.advance(1);
    await stopped;
    expect(supervisor.state.name).toBe("stopped");
  });

  test("a stop cancels a start under way and tells those who wait", async () => {
    const { backend, supervisor, call } = setUp();
    backend.launching = untilAborted;
    const waiting = call().catch(codeOf);
    await settle();
    await supervisor.stop();
    expect(await waiting).toBe("shutting_down");
    expect(supervisor.state.name).toBe("stopped");
  });

  test("a disposed supervisor refuses to start again", async () => {
    const { supervisor, call } = setUp();
    await call();
    await supervisor[Symbol.asyncDispose]();
    expect(await call().catch(codeOf)).toBe("shutting_down");
  });

  test("a backend nobody uses for idleStopMs is stopped, and the next call starts it again", async () => {
    const { backend, clock, supervisor, call } = setUp({ idleStopMs: 60_000 });
    await call();
    await clock.advance(59_999);
    expect(supervisor.state.name).toBe("running");
    await clock.advance(1);
    expect(supervisor.state.name).toBe("stopped");
    expect(await call()).toBe("answer");
    expect(backend.launches).toBe(2);
  });

  test("a call in flight keeps it from being idle", async () => {
    const { clock, supervisor, call } = setUp({ idleStopMs: 1_000 });
    const work = gate<string>();
    const inFlight = call(never, () => work.promise);
    await clock.advance(10_000);
    expect(supervisor.state.name).toBe("running");
    work.open("done");
    await inFlight;
    await clock.advance(1_000);
    expect(supervisor.state.name).toBe("stopped");
  });

  test("nothing is left in the clock after a stop", async () => {
    const { clock, supervisor, call } = setUp();
    await call();
    await supervisor.stop();
    expect(clock.waiting).toBe(0);
  });
});

describe("dying", () => {
  test("after a first death the next call starts it again at once", async () => {
    const { backend, supervisor, call } = setUp();
    await call();
    backend.die();
    await settle();
    expect(supervisor.state.name).toBe("stopped");
    expect(await call()).toBe("answer");
    expect(backend.ledger).toContain("connection closed");
  });

  test("a crash loop is slowed down", async () => {
    const { backend, clock, call } = setUp();
    const waits: number[] = [];
    for (let death = 0; death < 4; death += 1) {
      await call();
      backend.die();
      await settle();
      const refused = await call(never, async () => "up").catch((error: unknown) => error);
      const wait = refused instanceof GatewayError ? (refused.retryAfterMs ?? 0) : 0;
      waits.push(wait);
      await clock.advance(wait);
    }
    expect(waits).toEqual([0, 1_000, 2_000, 4_000]);
  });

  test("a backend that served for a minute starts with a clean slate", async () => {
    const { backend, clock, call } = setUp();
    for (let death = 0; death < 3; death += 1) {
      await call();
      await clock.advance(60_000);
      backend.die();
      await settle();
      expect(await call()).toBe("answer");
    }
    expect(backend.launches).toBe(4);
  });
});

describe("parking", () => {
  const parked = { idlePauseMs: 1_000, idleStopMs: 10_000 };
  const canPause = (backend: FakeBackend, pausing = () => Promise.resolve(true)) => {
    backend.pausing = pausing;
  };

  test("an idle workload is paused first and stopped later, thawed for its goodbye", async () => {
    const { backend, clock, supervisor, call } = setUp(parked);
    canPause(backend);
    await call();
    await clock.advance(1_000);
    expect(supervisor.state.name).toBe("paused");
    await clock.advance(9_000);
    expect(supervisor.state.name).toBe("stopped");
    expect(backend.ledger).toEqual(["launch", "connect", "pause", "resume", "connection closed", "workload closed"]);
  });

  test("a call thaws it once, however many come", async () => {
    const { backend, clock, call } = setUp(parked);
    canPause(backend);
    await call();
    await clock.advance(1_000);
    expect(await Promise.all([call(), call(), call()])).toEqual(["answer", "answer", "answer"]);
    expect(backend.ledger).toEqual(["launch", "connect", "pause", "resume"]);
  });

  test("a call that comes while it is being paused waits for the pause and thaws it", async () => {
    const { backend, clock, call } = setUp(parked);
    const pause = gate<boolean>();
    canPause(backend, () => pause.promise);
    await call();
    await clock.advance(1_000);
    const racing = call();
    await settle();
    expect(backend.ledger).toEqual(["launch", "connect", "pause"]);
    pause.open(true);
    expect(await racing).toBe("answer");
    expect(backend.ledger).toEqual(["launch", "connect", "pause", "resume"]);
  });

  test.each([
    ["says that others use it", () => Promise.resolve(false)],
    ["cannot", () => Promise.reject(new Error("cgroup v1 without freezer"))],
  ])("it goes on running when the runtime %s", async (_why, pausing) => {
    const { backend, clock, supervisor, call } = setUp(parked);
    canPause(backend, pausing);
    await call();
    await clock.advance(1_000);
    expect(supervisor.state.name).toBe("running");
    expect(await call()).toBe("answer");
    expect(backend.ledger).toEqual(["launch", "connect", "pause"]);
  });

  test("one that cannot be thawed is replaced, and the call is answered by the new one", async () => {
    const { backend, clock, call } = setUp(parked);
    canPause(backend);
    backend.resuming = () => Promise.reject(new Error("container is gone"));
    await call();
    await clock.advance(1_000);
    expect(await call()).toBe("answer");
    expect(backend.launches).toBe(2);
  });

  test("one that dies while paused is started anew by the next call", async () => {
    const { backend, clock, supervisor, call } = setUp(parked);
    canPause(backend);
    await call();
    await clock.advance(1_000);
    backend.die("was killed by SIGKILL");
    await settle();
    expect(supervisor.state.name).toBe("stopped");
    expect(await call()).toBe("answer");
    expect(backend.launches).toBe(2);
  });

  test("a stop while the pause is under way waits for it", async () => {
    const { backend, clock, supervisor, call } = setUp(parked);
    const pause = gate<boolean>();
    canPause(backend, () => pause.promise);
    await call();
    await clock.advance(1_000);
    const stopped = supervisor.stop();
    await settle();
    expect(backend.ledger).toEqual(["launch", "connect", "pause"]);
    pause.open(true);
    await stopped;
    expect(backend.ledger.slice(-3)).toEqual(["resume", "connection closed", "workload closed"]);
  });
});
