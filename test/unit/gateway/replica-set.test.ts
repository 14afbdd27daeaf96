import { describe, expect, test } from "vitest";
import { ReplicaSet } from "../../../src/gateway/replica-set.ts";
import { Supervisor } from "../../../src/lifecycle/supervisor.ts";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import { type ErrorContext, GatewayError } from "../../../src/model/errors.ts";
import { FakeBackend, gate, makeSpec, untilAborted } from "../../support/fake-backend.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const never = new AbortController().signal;
const unavailable = (context: ErrorContext = {}) => new GatewayError("unavailable", "Cannot reach it", context);
const neverSent = () => unavailable({ outcome: "not_executed" });
const failsToStart = () => Promise.reject(new GatewayError("start_failed", "Command not found"));
const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no failure",
    (error: unknown) => error,
  );

/** A set whose replicas are named a, b, c …; a call answers with the name of the one that served it. */
function setUp(count: number, over: Partial<BackendSpec> = {}, random = 0) {
  const clock = new ManualClock();
  const names = ["a", "b", "c", "d"].slice(0, count);
  const backends = names.map(() => new FakeBackend());
  const supervisors = backends.map(
    (backend, replica) =>
      new Supervisor({
        spec: makeSpec({ replicas: count, ...over }),
        replica,
        driver: backend,
        transport: backend,
        clock,
        drainMs: 5_000,
        startSlot: async () => ({ [Symbol.dispose]: () => {} }),
        events: { stateChanged: () => {}, connected: () => {}, notified: () => {} },
      }),
  );
  for (const [index, backend] of backends.entries()) backend.answering = async () => ({ name: names[index] });
  const [first, ...others] = supervisors;
  const [a, b] = backends;
  if (!first || !a || !b) throw new Error("a set has two replicas at least");
  const set = new ReplicaSet(first, others, { clock, random: () => random });
  const ask = (signal: AbortSignal = new AbortController().signal) =>
    set.use(signal, async ({ connection }) => String((await connection.request("tools/call", {}, { signal }))["name"]), {
      judge: ({ code }) => (code === "unavailable" ? "fail" : "ignore"),
    });
  const askInTurn = async (times: number): Promise<string[]> => {
    const served: string[] = [];
    for (let call = 0; call < times; call += 1) served.push(await ask());
    return served;
  };
  const startAll = () => Promise.all(supervisors.map((supervisor) => supervisor.start(never)));
  const launches = () => backends.map((backend) => backend.launches);
  const ejected = () => names.filter((_, index) => set.replicas[index]?.ejected);
  return { clock, a, b, backends, set, ask, askInTurn, startAll, launches, ejected };
}

describe("a call that is sent once more", () => {
  const dead = () => Promise.reject(unavailable({ outcome: "unknown" }));

  test("goes to another replica than it failed on, however busy that is", async () => {
    const { a, b, ask, startAll } = setUp(2);
    await startAll();
    const held = gate();
    const call = new AbortController().signal;
    a.answering = dead;
    expect(await caught(ask(call))).toMatchObject({ code: "unavailable" });
    a.answering = async () => ({ name: "a" });
    b.answering = async () => {
      await held.promise;
      return { name: "b" };
    };
    const busy = ask();
    const again = ask(call);
    expect(await ask()).toBe("a");
    held.open();
    expect(await Promise.all([busy, again])).toEqual(["b", "b"]);
  });

  test("goes to the same one where there is no other", async () => {
    const { a, b, ask, startAll } = setUp(2);
    await startAll();
    const call = new AbortController().signal;
    b.answering = () => Promise.reject(neverSent());
    a.answering = dead;
    expect(await caught(ask(call))).toMatchObject({ code: "unavailable" });
    a.answering = async () => ({ name: "a" });
    expect(await ask(call)).toBe("a");
  });

  test("stays with the replica that has its session", async () => {
    const { a, ask, startAll } = setUp(2, { affinity: "session" });
    await startAll();
    const call = new AbortController().signal;
    a.answering = dead;
    expect(await caught(ask(call))).toMatchObject({ code: "unavailable" });
    a.answering = async () => ({ name: "a" });
    expect(await ask(call)).toBe("a");
  });
});

describe("starting", () => {
  test("one call after the other needs only one replica", async () => {
    const { askInTurn, launches } = setUp(3);
    expect(await askInTurn(3)).toEqual(["a", "a", "a"]);
    expect(launches()).toEqual([1, 0, 0]);
  });

  test("calls at the same time start one each", async () => {
    const { ask, launches } = setUp(3);
    expect(await Promise.all([ask(), ask(), ask(), ask()])).toEqual(["a", "b", "c", "a"]);
    expect(launches()).toEqual([1, 1, 1]);
  });

  test("when all that run have work one more is started, and nobody waits for it", async () => {
    const { a, b, ask, askInTurn, launches } = setUp(3);
    await ask();
    const held = gate();
    const startedB = gate();
    a.answering = async () => {
      await held.promise;
      return { name: "a" };
    };
    b.launching = () => startedB.promise;
    const calls = [ask(), ask(), ask()];
    await settle();
    expect(launches()).toEqual([1, 1, 0]);
    startedB.open();
    await settle();
    expect(await askInTurn(2)).toEqual(["b", "b"]);
    held.open();
    expect(await Promise.all(calls)).toEqual(["a", "a", "a"]);
  });

  test("begins anywhere, so that gateways that share the replicas do not all begin with the first", async () => {
    const { ask, launches } = setUp(3, {}, 0.5);
    expect(await ask()).toBe("b");
    expect(launches()).toEqual([0, 1, 0]);
  });

  test("a person's start starts all and waits for the first that runs", async () => {
    const { a, set, launches } = setUp(2);
    a.launching = untilAborted;
    await set.start(never);
    expect(launches()).toEqual([1, 1]);
    expect(set.replicas.map(({ state }) => state.name)).toEqual(["starting", "running"]);
    await set.stop();
    expect(set.state.name).toBe("stopped");
  });

  test("a person's start fails with the reason when no replica starts", async () => {
    const { backends, set } = setUp(2);
    for (const backend of backends) backend.launching = failsToStart;
    expect(await caught(set.start(never))).toMatchObject({ code: "start_failed", retryAfterMs: 1_000 });
  });
});

describe("choice", () => {
  test("the least busy of those that run gets the call, in turns among equals", async () => {
    const { backends, ask, askInTurn, startAll } = setUp(3);
    await startAll();
    expect(await askInTurn(4)).toEqual(["a", "b", "c", "a"]);
    const held = backends.map((backend, index) => {
      const answer = gate();
      backend.answering = async () => {
        await answer.promise;
        return { name: "abc"[index] };
      };
      return answer;
    });
    const calls = Array.from({ length: 6 }, () => ask());
    await settle();
    expect(backends.map(({ ledger }) => ledger.filter((line) => line === "tools/call").length)).toEqual([4, 3, 3]);
    held[1]?.open();
    await settle();
    expect(await ask()).toBe("b");
    for (const answer of held) answer.open();
    await Promise.all(calls);
  });

  test("each replica stops when it is idle by itself", async () => {
    const { clock, set, ask, startAll } = setUp(2, { idleStopMs: 1_000, affinity: "session" });
    await startAll();
    for (let call = 0; call < 3; call += 1) {
      await clock.advance(600);
      await ask();
    }
    expect(set.replicas.map(({ state }) => state.name)).toEqual(["running", "stopped"]);
  });
});

describe("a replica that does not start", () => {
  test("fails no call while another serves, and is not tried again before its time", async () => {
    const { a, clock, askInTurn, launches } = setUp(2);
    a.launching = failsToStart;
    expect(await askInTurn(5)).toEqual(["b", "b", "b", "b", "b"]);
    expect(launches()).toEqual([1, 1]);
    await clock.advance(1_000);
    expect(await askInTurn(2)).toEqual(["b", "b"]);
    expect(launches()).toEqual([1, 1]);
  });

  test("is started again in the background once its wait is over and the others are busy", async () => {
    const { a, b, clock, ask, launches } = setUp(2);
    a.launching = failsToStart;
    await ask();
    await clock.advance(1_000);
    a.launching = () => Promise.resolve();
    const held = gate();
    b.answering = async () => {
      await held.promise;
      return { name: "b" };
    };
    const calls = [ask(), ask()];
    await settle();
    expect(launches()).toEqual([2, 1]);
    expect(await ask()).toBe("a");
    held.open();
    await Promise.all(calls);
  });

  test("fails the call if no other starts either; the next try comes when the first wait is over", async () => {
    const { backends, clock, set, ask, launches } = setUp(2);
    for (const backend of backends) backend.launching = failsToStart;
    expect(await caught(ask())).toMatchObject({ code: "start_failed", outcome: "not_executed" });
    expect(await caught(ask())).toMatchObject({ code: "start_failed", retryAfterMs: 1_000 });
    expect(launches()).toEqual([1, 1]);
    expect(set.state.name).toBe("failed");
    for (const backend of backends) backend.launching = () => Promise.resolve();
    await clock.advance(1_000);
    expect(await ask()).toBe("a");
  });

  test("is tried at once after a reset", async () => {
    const { backends, set, ask } = setUp(2);
    for (const backend of backends) backend.launching = failsToStart;
    await caught(ask());
    for (const backend of backends) backend.launching = () => Promise.resolve();
    set.reset();
    expect(await ask()).toBe("a");
  });
});

describe("a call that fails", () => {
  test("goes to the next replica if it was never sent", async () => {
    const { a, ask, startAll } = setUp(2);
    await startAll();
    a.answering = () => Promise.reject(neverSent());
    expect(await ask()).toBe("b");
  });

  test("is tried once on each, and then fails with the error of the first", async () => {
    const { a, b, ask, startAll } = setUp(2);
    await startAll();
    a.answering = () => Promise.reject(neverSent());
    b.answering = () => Promise.reject(new GatewayError("upstream_protocol", "Nonsense", { outcome: "not_executed" }));
    expect(await caught(ask())).toMatchObject({ code: "unavailable" });
    expect([a, b].map(({ ledger }) => ledger.filter((line) => line === "tools/call").length)).toEqual([1, 1]);
  });

  test.each([
    ["it may have run", unavailable()],
    ["the backend refused it", new GatewayError("upstream_rejected", "No", { rpc: { code: -32_602, message: "No" } })],
    ["the backend asks for fewer", unavailable({ outcome: "not_executed", httpStatus: 429 })],
  ])("is told to its caller if %s", async (_what, error) => {
    const { a, b, ask, startAll } = setUp(2);
    await startAll();
    a.answering = () => Promise.reject(error);
    expect(await caught(ask())).toBe(error);
    expect(b.ledger).not.toContain("tools/call");
  });

  test("is not taken elsewhere when its caller has left", async () => {
    const { a, b, ask, startAll } = setUp(2);
    await startAll();
    a.answering = (_method, _params, { signal }) => untilAborted(signal);
    const leaver = new AbortController();
    const left = caught(ask(leaver.signal));
    await settle();
    leaver.abort(new GatewayError("cancelled", "Call cancelled", { outcome: "not_executed" }));
    expect(await left).toMatchObject({ code: "cancelled" });
    expect(b.ledger).not.toContain("tools/call");
  });
});

describe("ejection", () => {
  test("a replica that fails 5 times in a row gets no calls for 30 s, then serves again", async () => {
    const { a, clock, ask, askInTurn, startAll, ejected } = setUp(2);
    await startAll();
    a.answering = () => Promise.reject(unavailable());
    const outcomes: unknown[] = [];
    for (let call = 0; call < 20; call += 1) outcomes.push(await caught(ask()));
    expect(outcomes.filter((outcome) => outcome instanceof GatewayError)).toHaveLength(5);
    expect(ejected()).toEqual(["a"]);
    a.answering = async () => ({ name: "a" });
    expect(await askInTurn(2)).toEqual(["b", "b"]);
    await clock.advance(30_000);
    expect(ejected()).toEqual([]);
    expect(await askInTurn(2)).toContain("a");
  });

  test("it serves all the same when no other can", async () => {
    const { a, b, ask, startAll, ejected } = setUp(2);
    await startAll();
    a.answering = () => Promise.reject(neverSent());
    for (let call = 0; call < 10; call += 1) await ask();
    expect(ejected()).toEqual(["a"]);
    a.answering = async () => ({ name: "a" });
    b.answering = () => Promise.reject(neverSent());
    expect(await ask()).toBe("a");
  });

  test("a reset ends it", async () => {
    const { a, ask, set, startAll, ejected } = setUp(2);
    await startAll();
    a.answering = () => Promise.reject(neverSent());
    for (let call = 0; call < 10; call += 1) await ask();
    set.reset();
    expect(ejected()).toEqual([]);
  });

  test("there is a spare replica until the last one fails or waits", async () => {
    const { a, b, ask, set, startAll } = setUp(2);
    expect(set.hasSpare).toBe(true);
    await startAll();
    a.answering = () => Promise.reject(unavailable());
    await caught(ask());
    expect(set.hasSpare).toBe(true);
    b.answering = () => Promise.reject(unavailable());
    await caught(ask());
    expect(set.hasSpare).toBe(false);
    b.answering = async () => ({ name: "b" });
    await caught(ask());
    await ask();
    expect(set.hasSpare).toBe(true);
  });
});

describe("affinity", () => {
  const HTTP = { transport: "http" } as const;

  test.each([
    ["session: all calls go to one replica", { affinity: "session" } as const, false, 1],
    ["none: they are spread although the backend keeps a session", { ...HTTP, affinity: "none" } as const, true, 2],
    ["auto over HTTP with a session: they go to one", HTTP, true, 1],
    ["auto over HTTP without a session: they are spread", HTTP, false, 2],
    ["auto over pipes: they are spread", {}, false, 2],
  ])("%s", async (_what, over, hasSession, serving) => {
    const { backends, askInTurn, startAll } = setUp(2, over);
    for (const backend of backends) backend.hasSession = hasSession;
    await startAll();
    expect(new Set(await askInTurn(4)).size).toBe(serving);
  });

  test("the first calls wait together for one replica until it is known whether there is a session", async () => {
    const { a, ask, launches } = setUp(2, HTTP);
    a.hasSession = true;
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(["a", "a", "a"]);
    expect(launches()).toEqual([1, 0]);
  });

  test("a session moves when its replica cannot be reached, and stays where it moved", async () => {
    const { a, askInTurn } = setUp(2, { affinity: "session" });
    expect(await askInTurn(1)).toEqual(["a"]);
    a.answering = () => Promise.reject(neverSent());
    expect(await askInTurn(1)).toEqual(["b"]);
    a.answering = async () => ({ name: "a" });
    expect(await askInTurn(3)).toEqual(["b", "b", "b"]);
  });

  test("a session moves when its replica has died", async () => {
    const { a, askInTurn, startAll } = setUp(2, { affinity: "session" });
    await startAll();
    expect(await askInTurn(2)).toEqual(["a", "a"]);
    a.die();
    await settle();
    expect(await askInTurn(2)).toEqual(["b", "b"]);
  });
});

describe("closing", () => {
  test("lets the calls in flight on every replica finish, then closes them all and takes nothing new", async () => {
    const { backends, set, ask, startAll } = setUp(2);
    await startAll();
    const held = gate();
    for (const backend of backends)
      backend.answering = async () => {
        await held.promise;
        return { name: "finished" };
      };
    const calls = [ask(), ask()];
    await settle();
    expect(set.inFlight).toBe(2);
    const closed = set[Symbol.asyncDispose]();
    await settle();
    expect(backends.map(({ ledger }) => ledger.includes("workload closed"))).toEqual([false, false]);
    held.open();
    expect(await Promise.all(calls)).toEqual(["finished", "finished"]);
    await closed;
    for (const { ledger } of backends) expect(ledger.slice(-2)).toEqual(["connection closed", "workload closed"]);
    expect(await caught(ask())).toMatchObject({ code: "shutting_down" });
  });

  test("what is shown is the replica nearest to serving", async () => {
    const { a, set, ask, backends } = setUp(2);
    expect(set.state.name).toBe("stopped");
    a.launching = failsToStart;
    await ask();
    expect(set.state.name).toBe("running");
    expect(set.replicas.map(({ state }) => state.name)).toEqual(["failed", "running"]);
    expect(set.spec.replicas).toBe(backends.length);
  });
});
