import { describe, expect, test } from "vitest";
import { attemptFacts } from "../../../../src/gateway/filters/attempt-facts.ts";
import { breaker } from "../../../../src/gateway/filters/breaker.ts";
import { Guards } from "../../../../src/gateway/guards.ts";
import type { BackendRunner } from "../../../../src/lifecycle/backend-runner.ts";
import type { BackendState, Running } from "../../../../src/model/backend-state.ts";
import { GatewayError } from "../../../../src/model/errors.ts";
import type { Signal } from "../../../../src/model/signal.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { type Answering, callOf, contextOf, DONE, OneServer, through } from "./one-call.ts";

const fail: Answering = () => Promise.reject(new GatewayError("unavailable", "Hung up"));

function open(over: Partial<BackendRunner> = {}) {
  const clock = new ManualClock();
  const probing: (() => void)[] = [];
  const connection = { probe: () => new Promise<void>((resolve) => void probing.push(resolve)) };
  const use = async (_signal: Signal, work: (running: Running) => Promise<unknown>) =>
    await work({ connection } as unknown as Running);
  const server = new OneServer({}, { use: use as BackendRunner["use"], ...over });
  const { router, runner } = server;
  const guards = new Guards(clock, () => {});
  const filter = breaker({ router, guards, clock, sendMs: () => 45_000 });
  const guard = guards.of(runner as BackendRunner);
  const send = (next: Answering, context = contextOf()) => through(filter, next, callOf(), context);
  const failTimes = async (times: number) => {
    for (let time = 0; time < times; time += 1) await send(fail);
  };
  return { clock, server, guard, send, failTimes, answerProbes: () => probing.splice(0).map((answer) => answer()) };
}

describe("breaker", () => {
  test("gives answers and errors as they come, and counts them", async () => {
    const { guard, send } = open();
    expect(await send(async () => DONE)).toBe(DONE);
    expect(await send(fail)).toMatchObject({ code: "unavailable", message: "Hung up" });
    expect(guard.breaker.state).toBe("closed");
    for (let time = 0; time < 4; time += 1) guard.budget.note("fail");
    expect(guard.budget.tryTake(1)).toBeUndefined(); // the fifth failure was the call's
  });

  test("after five failures in a row calls are not sent, and told why and when to come again", async () => {
    const { guard, send, failTimes } = open();
    await failTimes(5);
    expect(guard.breaker.state).toBe("open");
    let sent = false;
    const told = await send(async () => {
      sent = true;
      return DONE;
    });
    expect(told).toMatchObject({
      code: "circuit_open",
      message: '"git" has stopped answering, so calls are not sent to it for now',
      backend: "git",
      hint: "Sallyport asks it by itself whether it is back; use another server, or see status with this server",
    });
    expect((told as GatewayError).retryAfterMs).toBe(guard.breaker.retryAfterMs);
    expect(sent).toBe(false);
  });

  test("a call that comes while the server is asked whether it is back waits for what it says", async () => {
    const { clock, guard, send, failTimes, answerProbes } = open();
    await failTimes(5);
    await clock.advance(1_500);
    void send(async () => DONE);
    const told = send(async () => DONE);
    for (let probe = 0; probe < 2; probe += 1) {
      answerProbes();
      await settle();
    }
    expect(await told).toBe(DONE);
    expect(guard.breaker.state).toBe("closed");
  });

  test("what fails while its server is being stopped is not counted", async () => {
    const { guard, failTimes } = open({ state: { name: "draining" } as BackendState });
    await failTimes(20);
    expect(guard.breaker.state).toBe("closed");
  });

  test("what fails after its server was replaced or removed is not counted", async () => {
    const { server, guard, failTimes } = open();
    server.runner = undefined;
    await failTimes(20);
    expect(guard.breaker.state).toBe("closed");
  });

  test("what fails while another replica can serve is not counted", async () => {
    const { guard, failTimes } = open({ hasSpare: true });
    await failTimes(20);
    expect(guard.breaker.state).toBe("closed");
  });

  test("an impatient caller opens nothing, silence for as long as the server may take does", async () => {
    const late: Answering = () => Promise.reject(new GatewayError("deadline_exceeded", "Too late"));
    const { clock, guard, send } = open();
    await clock.advance(60_000);
    for (let time = 0; time < 20; time += 1) await send(late, contextOf({ timeoutMs: 50, notes: { sentAt: 0 } }));
    expect(guard.breaker.state).toBe("closed");
    for (let time = 0; time < 5; time += 1) await send(late, contextOf({ notes: { sentAt: 0 } }));
    expect(guard.breaker.state).toBe("open");
  });
});

describe("attemptFacts()", () => {
  test.each([
    { what: "a call that was never sent", notes: {}, silentMs: 0 },
    { what: "a call that was heard of before it was sent again", notes: { sentAt: 400, heardAt: 100 }, silentMs: 600 },
    { what: "a call that was heard of since", notes: { sentAt: 400, heardAt: 900 }, silentMs: 100 },
    { what: "a call that was not heard of", notes: { sentAt: 400 }, silentMs: 600 },
  ])("$what was silent for $silentMs ms", async ({ notes, silentMs }) => {
    const clock = new ManualClock();
    await clock.advance(1_000);
    expect(attemptFacts(contextOf({ notes, timeoutMs: 7 }), clock, 45_000)).toMatchObject({ silentMs, callerDeadlineMs: 7 });
  });

  test("silence is held against a server after 10 s, or sooner where the registry gives it less", () => {
    const slowCallMs = (sendMs: number) => attemptFacts(contextOf(), new ManualClock(), sendMs).slowCallMs;
    expect([slowCallMs(45_000), slowCallMs(2_000)]).toEqual([10_000, 2_000]);
  });
});
