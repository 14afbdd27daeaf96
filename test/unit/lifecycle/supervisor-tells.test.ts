import { describe, expect, test } from "vitest";
import { Supervisor } from "../../../src/lifecycle/supervisor.ts";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Connection, LaunchRequest, RuntimeDriver, Workload, WorkloadExit } from "../../../src/model/ports.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { FakeBackend, gate, makeSpec, untilAborted } from "../../support/fake-backend.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const never = (): Signal => new AbortController().signal;
const HUNG_UP = new GatewayError("unavailable", "Socket closed");

/** A supervisor whose every word is written down; `extra` and `talk` are what its workloads and connections do otherwise. */
function setUp(over: Partial<BackendSpec> = {}, extra: Partial<Workload> = {}, talk: Partial<Connection> = {}) {
  const backend = new FakeBackend();
  const clock = new ManualClock();
  const told: unknown[][] = [];
  const connections: Connection[] = [];
  const requests: LaunchRequest[] = [];
  const onConnected: (() => void)[] = [];
  const driver: RuntimeDriver = {
    kind: "fake",
    launch: async (request) => {
      requests.push(request);
      return { ...(await backend.launch(request)), ...extra };
    },
  };
  const supervisor = new Supervisor({
    spec: makeSpec(over),
    replica: 3,
    driver,
    transport: {
      connect: async (request) => {
        const connection = { ...(await backend.connect(request)), ...talk };
        connections.push(connection);
        return connection;
      },
    },
    clock,
    drainMs: 5_000,
    startSlot: async () => ({ [Symbol.dispose]: () => {} }),
    events: {
      stateChanged: (id, state, detail) => told.push(detail === undefined ? [id, state] : [id, state, detail]),
      connected: (id, connection) => {
        told.push([id, "connected", connections.indexOf(connection)]);
        onConnected.shift()?.();
      },
      notified: (id, method, params, connection) => told.push([id, method, params, connections.indexOf(connection)]),
    },
  });
  const call = (work: () => Promise<string> = async () => "answer") => supervisor.use(never(), work);
  const failure = (work?: () => Promise<string>) => call(work).catch((error: unknown) => error);
  return { backend, clock, told, requests, onConnected, driver, connections, supervisor, call, failure };
}

describe("what it tells its owner", () => {
  test("a start, a use and a stop, in their order", async () => {
    const { told, supervisor, call } = setUp();
    await call(async () => {
      told.push(["call"]);
      return "answer";
    });
    await supervisor.stop();
    expect(told).toEqual([
      ["notes", "starting"],
      ["notes", "running"],
      ["notes", "connected", 0],
      ["call"],
      ["notes", "draining"],
      ["notes", "stopped"],
    ]);
  });

  test("why a start failed, and that a reset forgave it", async () => {
    const { backend, told, supervisor, failure } = setUp();
    backend.launching = () => Promise.reject(new GatewayError("start_failed", "Command not found"));
    await failure();
    supervisor.reset();
    supervisor.reset();
    expect(told).toEqual([
      ["notes", "starting"],
      ["notes", "failed", 'Cannot start "notes": Command not found'],
      ["notes", "stopped"],
    ]);
  });

  test("how it died, the first time and the second", async () => {
    const { backend, told, supervisor, call } = setUp();
    for (const reason of ["exited with code 1", "was killed by SIGKILL"]) {
      await call();
      backend.die(reason);
      await settle();
    }
    expect(told.filter(([, what]) => what !== "starting" && what !== "connected")).toEqual([
      ["notes", "running"],
      ["notes", "draining"],
      ["notes", "stopped", "exited with code 1"],
      ["notes", "running"],
      ["notes", "draining"],
      ["notes", "failed", "was killed by SIGKILL"],
    ]);
    expect(supervisor.state).toMatchObject({ name: "failed", retryAt: 1_000 });
  });

  test("a start that somebody stopped is no failure", async () => {
    const { backend, told, supervisor, failure } = setUp();
    backend.launching = untilAborted;
    const failed = failure();
    await settle();
    await supervisor.stop();
    expect(await failed).toMatchObject({ code: "shutting_down", message: '"notes" was stopped while it was starting' });
    expect(told).toEqual([
      ["notes", "starting"],
      ["notes", "stopped"],
    ]);
  });

  test("what the backend says unasked, while it runs and only then", async () => {
    const { backend, told, supervisor, call } = setUp();
    const connecting = gate<void>();
    backend.connecting = () => connecting.promise;
    const answer = call();
    await settle();
    backend.notify("early", {});
    connecting.open();
    await answer;
    told.length = 0;
    backend.notify("notifications/tools/list_changed", { some: "thing" });
    expect(told).toEqual([["notes", "notifications/tools/list_changed", { some: "thing" }, 0]]);
    await supervisor.stop();
    told.length = 0;
    backend.notify("late", {});
    expect(told).toEqual([]);
  });

  test("what it may not say: a stop of what is stopped, a reset of what runs", async () => {
    const { told, supervisor, call } = setUp();
    await supervisor.stop();
    expect(told).toEqual([]);
    await call();
    told.length = 0;
    supervisor.reset();
    expect(told).toEqual([]);
    expect(supervisor.state.name).toBe("running");
  });
});

describe("what it tells those who wait", () => {
  test("the stages of the start, to each who waits for it and to nobody else", async () => {
    const { backend, requests, supervisor } = setUp();
    const launching = gate<void>();
    backend.launching = () => launching.promise;
    const [first, second, late]: unknown[][][] = [[], [], []];
    const leaver = new AbortController();
    const left = supervisor.start(leaver.signal, (...stage) => first?.push(stage)).catch(() => "left");
    const stayed = supervisor.use(never(), async () => "answer", { onStage: (...stage) => second?.push(stage) });
    await settle();
    requests[0]?.report("pull", "3 of 5 layers");
    leaver.abort(new GatewayError("cancelled", "Call cancelled"));
    expect(await left).toBe("left");
    launching.open();
    expect(await stayed).toBe("answer");
    await supervisor.start(never(), (...stage) => late?.push(stage));
    requests[0]?.report("create");
    expect(first).toEqual([["pull", "3 of 5 layers"]]);
    expect(second).toEqual([
      ["pull", "3 of 5 layers"],
      ["ready", undefined],
    ]);
    expect(late).toEqual([]);
  });

  test("what runs, to whoever starts it", async () => {
    const { connections, requests, supervisor } = setUp();
    const running = await supervisor.start(never());
    expect(running.connection).toBe(connections[0]);
    expect(requests).toMatchObject([{ spec: { id: "notes" }, replica: 3 }]);
    expect(supervisor.state).toMatchObject({ name: "running", running });
    expect(supervisor.spec.id).toBe("notes");
  });

  test("how many calls hold it", async () => {
    const { supervisor, call } = setUp();
    const work = gate<string>();
    const calls = [call(() => work.promise), call(() => work.promise)];
    await settle();
    expect(supervisor.inFlight).toBe(2);
    work.open("done");
    await Promise.all(calls);
    expect(supervisor.inFlight).toBe(0);
  });

  test("that it fails, for as long as it must not be started again", async () => {
    const { backend, clock, failure } = setUp();
    backend.launching = () => Promise.reject(new GatewayError("start_failed", "Command not found"));
    expect(await failure()).toMatchObject({ code: "start_failed", retryAfterMs: undefined });
    await clock.advance(999.5);
    expect(await failure()).toMatchObject({ retryAfterMs: 1 });
    expect(backend.launches).toBe(1);
    await clock.advance(0.5);
    await failure();
    expect(backend.launches).toBe(2);
  });

  test("that it is being stopped for good", async () => {
    const { backend, clock, supervisor, call, failure } = setUp();
    await call();
    await supervisor[Symbol.asyncDispose]();
    expect(await failure()).toMatchObject({ code: "shutting_down", message: '"notes" is being stopped and takes no new calls' });
    expect(backend.launches).toBe(1);
    expect(clock.waiting).toBe(0);
  });
});

describe("preparing", () => {
  test("asks the driver to fetch what a start needs, and starts nothing", async () => {
    const { backend, driver, supervisor } = setUp();
    const asked: LaunchRequest[] = [];
    driver.prepare = async (request) => {
      asked.push(request);
      request.report("pull", "half");
    };
    const stages: unknown[][] = [];
    const caller = new AbortController();
    await supervisor.prepare(caller.signal, (...stage) => stages.push(stage));
    await supervisor.prepare(caller.signal);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toMatchObject({ spec: { id: "notes" }, replica: 3 });
    expect(asked[0]?.signal).toBe(caller.signal);
    expect(stages).toEqual([["pull", "half"]]);
    expect(backend.launches).toBe(0);
  });

  test("is nothing where a driver has nothing to fetch", async () => {
    const { supervisor } = setUp();
    await expect(supervisor.prepare(never())).resolves.toBeUndefined();
  });
});

describe("stopping", () => {
  test("a failed one is stopped by a word", async () => {
    const { backend, told, supervisor, failure } = setUp();
    backend.launching = () => Promise.reject(new GatewayError("start_failed", "Command not found"));
    await failure();
    await supervisor.stop();
    expect(told.at(-1)).toEqual(["notes", "stopped"]);
  });

  test("whoever stops it while it is being stopped waits for the same end", async () => {
    const { backend, told, supervisor, call } = setUp();
    const work = gate<string>();
    const answer = call(() => work.promise);
    await settle();
    const ended: string[] = [];
    const stops = ["first", "second"].map((name) => supervisor.stop().then(() => ended.push(name)));
    await settle();
    expect(ended).toEqual([]);
    expect(supervisor.state).toMatchObject({ name: "draining", cause: "stop" });
    work.open("done");
    expect(await answer).toBe("done");
    await Promise.all(stops);
    expect(told.filter(([, what]) => what === "draining" || what === "stopped")).toHaveLength(2);
    expect(backend.ledger.filter((line) => line === "workload closed")).toHaveLength(1);
  });

  test("a call whose backend is stopped before it gets there waits for the next start", async () => {
    const { backend, onConnected, supervisor, call } = setUp();
    onConnected.push(() => void supervisor.stop());
    expect(await call()).toBe("answer");
    expect(backend.launches).toBe(2);
  });

  test("the late end of a former workload is none of the present one's", async () => {
    const exits = [gate<WorkloadExit>(), gate<WorkloadExit>()];
    const { driver, requests, supervisor, call } = setUp({}, {}, { closed: new Promise(() => {}) });
    const launch = driver.launch.bind(driver);
    driver.launch = async (request) => {
      const workload = await launch(request);
      return { ...workload, exited: exits[requests.length - 1]?.promise ?? workload.exited };
    };
    await call();
    await supervisor.stop();
    await call();
    exits[0]?.open({ code: 0, signal: null, reason: "exited with code 0" });
    await settle();
    expect(supervisor.state.name).toBe("running");
    exits[1]?.open({ code: 0, signal: null, reason: "exited with code 0" });
    await settle();
    expect(supervisor.state.name).toBe("stopped");
  });

  test("what runs is not thawed for its goodbye", async () => {
    const { backend, supervisor, call } = setUp();
    backend.pausing = () => Promise.resolve(true);
    await call();
    await supervisor.stop();
    expect(backend.ledger).toEqual(["launch", "connect", "connection closed", "workload closed"]);
  });

  test("a backend that says goodbye while it is being stopped did not die", async () => {
    const { backend, told, supervisor, call } = setUp();
    const work = gate<string>();
    const answer = call(() => work.promise);
    await settle();
    const stopped = supervisor.stop();
    backend.die();
    await settle();
    expect(supervisor.state).toMatchObject({ name: "draining", cause: "stop" });
    work.open("done");
    await Promise.all([answer, stopped]);
    expect(told.at(-1)).toEqual(["notes", "stopped"]);
  });
});

describe("the end of a backend by itself", () => {
  const exit: WorkloadExit = { code: 137, signal: null, reason: "ran out of memory" };
  const alive = new Promise<WorkloadExit>(() => {});

  test("a conversation that ends while the workload lives is told as that after a moment", async () => {
    const { clock, told, connections, supervisor, call } = setUp({}, { exited: alive });
    await call();
    await connections[0]?.[Symbol.asyncDispose]();
    await clock.advance(249);
    expect(supervisor.state).toMatchObject({ name: "draining", cause: "died" });
    await clock.advance(1);
    expect(told.at(-1)).toEqual(["notes", "stopped", "closed the connection"]);
  });

  test("an exit that is told within the moment says more, and leaves no timer", async () => {
    const exited = gate<WorkloadExit>();
    const { clock, told, connections, supervisor, call } = setUp({ idleStopMs: 0 }, { exited: exited.promise });
    await call();
    await connections[0]?.[Symbol.asyncDispose]();
    await clock.advance(100);
    exited.open(exit);
    await settle();
    expect(told.at(-1)).toEqual(["notes", "stopped", "ran out of memory"]);
    expect(supervisor.state.name).toBe("stopped");
    expect(clock.waiting).toBe(0);
  });

  test("where the workload can be asked, it is not waited for", async () => {
    const { told, connections, call } = setUp({}, { exited: alive, checkExit: async () => exit });
    await call();
    await connections[0]?.[Symbol.asyncDispose]();
    await settle();
    expect(told.at(-1)).toEqual(["notes", "stopped", "ran out of memory"]);
  });

  test("where the workload does not know either, it is waited for", async () => {
    const { clock, told, connections, call } = setUp({}, { exited: alive, checkExit: async () => undefined });
    await call();
    await connections[0]?.[Symbol.asyncDispose]();
    await clock.advance(250);
    expect(told.at(-1)).toEqual(["notes", "stopped", "closed the connection"]);
  });

  test("a call that lost its backend is told how it ended, and the next one starts it anew", async () => {
    const { backend, told, call, failure } = setUp({}, { exited: alive, checkExit: async () => exit });
    const error = (await failure(() => Promise.reject(HUNG_UP))) as GatewayError;
    expect(error).toMatchObject({ code: "unavailable", message: '"notes" is gone: ran out of memory', outcome: "unknown" });
    expect(error.cause).toBe(HUNG_UP);
    await settle();
    expect(told.at(-1)).toEqual(["notes", "stopped", "ran out of memory"]);
    expect(await call()).toBe("answer");
    expect(backend.launches).toBe(2);
  });

  test("many calls that lost it at once make one death", async () => {
    const { told, failure } = setUp({}, { exited: alive, checkExit: async () => exit });
    await Promise.all([1, 2, 3].map(() => failure(() => Promise.reject(HUNG_UP))));
    await settle();
    expect(told.filter(([, what]) => what === "draining")).toHaveLength(1);
  });

  test("a call that fails where the workload cannot be asked is told as it is", async () => {
    const { supervisor, failure } = setUp();
    expect(await failure(() => Promise.reject(HUNG_UP))).toBe(HUNG_UP);
    expect(supervisor.state.name).toBe("running");
  });

  test("a call that fails while the backend lives is told as it is", async () => {
    const { supervisor, failure } = setUp({}, { checkExit: async () => undefined });
    expect(await failure(() => Promise.reject(HUNG_UP))).toBe(HUNG_UP);
    expect(supervisor.state.name).toBe("running");
  });

  test.each([
    { what: "an error of another kind", reason: new GatewayError("upstream_rejected", "No such tool") },
    { what: "anything that was thrown", reason: new TypeError("x is not a function") },
  ])("$what does not have the workload asked", async ({ reason }) => {
    let asked = 0;
    const checkExit = async () => {
      asked += 1;
      return exit;
    };
    const { supervisor, failure } = setUp({}, { checkExit });
    expect(await failure(() => Promise.reject(reason))).toBe(reason);
    expect(asked).toBe(0);
    expect(supervisor.state.name).toBe("running");
  });

  test("a death just before a minute is a quick one, and its log is told to those who come too early", async () => {
    const { backend, clock, call, failure } = setUp();
    backend.logLines = ["cannot bind"];
    for (let death = 0; death < 2; death += 1) {
      await call();
      await clock.advance(59_999);
      backend.die();
      await settle();
    }
    expect(await failure()).toMatchObject({
      code: "start_failed",
      message: '"notes" exited with code 1 after 60 s; its last log lines:\ncannot bind',
      retryAfterMs: 1_000,
    });
  });

  test("a minute of good service forgives quick deaths before it", async () => {
    const { backend, clock, supervisor, call } = setUp();
    const die = async (afterMs: number) => {
      await call();
      await clock.advance(afterMs);
      backend.die();
      await settle();
    };
    await die(0);
    await die(60_000);
    await die(0);
    expect(supervisor.state.name).toBe("stopped");
  });

  test("what was left of it is closed before the next start", async () => {
    const looking = gate<WorkloadExit>();
    const { backend, supervisor, call } = setUp({}, { checkExit: () => looking.promise });
    await call();
    backend.die();
    await settle();
    const next = call();
    await settle();
    expect(backend.ledger).toEqual(["launch", "connect"]);
    looking.open(exit);
    expect(await next).toBe("answer");
    expect(backend.ledger).toEqual(["launch", "connect", "connection closed", "workload closed", "launch", "connect"]);
    expect(supervisor.state.name).toBe("running");
  });
});

describe("parking", () => {
  const parked = { idlePauseMs: 1_000, idleStopMs: 10_000 };

  test("a workload that cannot be paused goes on running", async () => {
    const { clock, told, supervisor, call } = setUp(parked);
    await call();
    await clock.advance(9_999);
    expect(supervisor.state.name).toBe("running");
    expect(told.map(([, what]) => what)).toEqual(["starting", "running", "connected"]);
  });

  test("it goes on from when it began to run", async () => {
    const { backend, clock, supervisor, call } = setUp(parked);
    backend.pausing = () => Promise.resolve(true);
    await clock.advance(500);
    await call();
    await clock.advance(1_000);
    expect(supervisor.state).toMatchObject({ name: "paused", since: 500 });
    await call();
    expect(supervisor.state).toMatchObject({ name: "running", since: 500 });
  });

  test("a pause that was refused leaves it as it was", async () => {
    const { backend, clock, supervisor, call } = setUp(parked);
    backend.pausing = () => Promise.resolve(false);
    await clock.advance(500);
    await call();
    await clock.advance(1_000);
    expect(supervisor.state).toMatchObject({ name: "running", since: 500 });
  });

  test("a pause that is refused after the stop began changes nothing any more", async () => {
    const { backend, clock, told, supervisor, call } = setUp(parked);
    const pause = gate<boolean>();
    backend.pausing = () => pause.promise;
    await call();
    await clock.advance(1_000);
    const stopped = supervisor.stop();
    pause.open(false);
    await stopped;
    expect(told.slice(-3)).toEqual([
      ["notes", "paused"],
      ["notes", "draining"],
      ["notes", "stopped"],
    ]);
  });

  test("a call that comes while a pause is being refused is answered without thawing", async () => {
    const { backend, clock, call } = setUp(parked);
    const pause = gate<boolean>();
    backend.pausing = () => pause.promise;
    await call();
    await clock.advance(1_000);
    const racing = call();
    pause.open(false);
    expect(await racing).toBe("answer");
    expect(backend.ledger).toEqual(["launch", "connect", "pause"]);
  });

  test("one that cannot be thawed for its goodbye is closed all the same", async () => {
    const { backend, clock, supervisor, call } = setUp(parked);
    backend.pausing = () => Promise.resolve(true);
    backend.resuming = () => Promise.reject(new Error("container is gone"));
    await call();
    await clock.advance(10_000);
    expect(supervisor.state.name).toBe("stopped");
    expect(backend.ledger.slice(-2)).toEqual(["connection closed", "workload closed"]);
  });

  test("one that is stopped while it is being thawed is started anew by the call that waits", async () => {
    const { backend, clock, supervisor, call } = setUp(parked);
    const thaw = gate<void>();
    backend.pausing = () => Promise.resolve(true);
    backend.resuming = () => thaw.promise;
    await call();
    await clock.advance(1_000);
    const answer = call();
    await settle();
    const stopped = supervisor.stop();
    thaw.open();
    await stopped;
    expect(await answer).toBe("answer");
    expect(backend.launches).toBe(2);
  });

  test("it is thawed again each time it was paused", async () => {
    const { backend, clock, call } = setUp(parked);
    backend.pausing = () => Promise.resolve(true);
    for (let round = 0; round < 2; round += 1) {
      await call();
      await clock.advance(1_000);
    }
    await call();
    expect(backend.ledger).toEqual(["launch", "connect", "pause", "resume", "pause", "resume"]);
  });

  test("one whose conversation has ended while it was paused did die", async () => {
    const { clock, backend, told, connections, call } = setUp(parked);
    backend.pausing = () => Promise.resolve(true);
    await call();
    await clock.advance(1_000);
    await connections[0]?.[Symbol.asyncDispose]();
    await clock.advance(250);
    expect(told.at(-1)).toEqual(["notes", "stopped", "closed the connection"]);
  });

  test("a dead one is not paused when its idle time is over", async () => {
    const { backend, clock, supervisor, call } = setUp(parked);
    backend.pausing = () => Promise.resolve(true);
    await call();
    backend.die();
    await clock.advance(20_000);
    expect(supervisor.state.name).toBe("stopped");
    expect(backend.ledger).not.toContain("pause");
  });

  test("many that wait for the thaw are told of it once", async () => {
    const { backend, clock, told, call } = setUp(parked);
    backend.pausing = () => Promise.resolve(true);
    await call();
    await clock.advance(1_000);
    told.length = 0;
    await Promise.all([call(), call(), call()]);
    expect(told).toEqual([["notes", "running"]]);
  });

  test("one that thaws by itself is used and closed like any other", async () => {
    const { backend, clock, supervisor, call } = setUp(parked, { pause: async () => true });
    await call();
    await clock.advance(1_000);
    expect(supervisor.state.name).toBe("paused");
    expect(await call()).toBe("answer");
    await clock.advance(10_000);
    expect(supervisor.state.name).toBe("stopped");
    expect(backend.ledger).toEqual(["launch", "connect", "connection closed", "workload closed"]);
  });
});
