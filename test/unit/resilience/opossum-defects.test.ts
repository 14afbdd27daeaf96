import { createHook } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import { Bulkhead } from "../../../src/resilience/bulkhead.ts";
import { GlobalLimits } from "../../../src/resilience/global-limits.ts";
import { outcomeOf, SLOW_CALL_MS } from "../../../src/resilience/outcome.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { BreakerHouse, fails, patient } from "./breaker-house.ts";
import { runIn } from "./run-in.ts";

/** How many timers of Node's own `work` sets and does not take back; the tests' clock sets none. */
async function timersLeftBy(work: () => void): Promise<number> {
  const alive = new Set<number>();
  let working = true;
  const hook = createHook({
    init: (id, type) => {
      if (working && type === "Timeout") alive.add(id);
    },
    destroy: (id) => alive.delete(id),
  }).enable();
  work();
  working = false;
  await settle(); // the hook hears of ends a little later
  await settle();
  hook.disable();
  return alive.size;
}

describe("defects of opossum as a wrapper that the breaker does not have", () => {
  test("1: an answer to a call begun before it opened does not close it", async () => {
    const house = new BreakerHouse();
    const old = [house.breaker.admit(), house.breaker.admit()];
    await house.halfOpen();
    for (const permit of old) if (permit) house.breaker.settle(permit, "ok");
    await settle();
    expect(house.breaker.state).toBe("half_open");
  });

  test("1: nor does a failure of such a call open it again once it has closed", async () => {
    const house = new BreakerHouse();
    const old = Array.from({ length: 20 }, () => house.breaker.admit());
    await house.recover();
    for (const permit of old) if (permit) house.breaker.settle(permit, "fail");
    expect(house.breaker.state).toBe("closed");
  });

  test("2: a cancelled probe is no success", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    await house.answerProbe(new GatewayError("cancelled", "Call cancelled"));
    expect(house.breaker.state).toBe("open");
  });

  test("2: what is ignored does not outvote failures", () => {
    const house = new BreakerHouse();
    for (let call = 0; call < 4; call += 1) house.attempt("fail", "ignore", "ignore", "ignore");
    house.attempt("fail");
    expect(house.breaker.state).toBe("open");
  });

  test("3: a probe that hangs ends after 5 s and counts as bad", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    await house.clock.advance(4_999);
    expect(house.breaker.state).toBe("half_open");
    await house.clock.advance(1);
    expect(house.breaker.state).toBe("open");
    expect(house.breaker.retryAfterMs).toBe(2_000);
    expect(house.probes[0]?.signal.aborted).toBe(true);
  });

  test("4: 5 failures that take 60 s each open it, one after the other", async () => {
    const house = new BreakerHouse();
    for (let call = 0; call < 5; call += 1) {
      const permit = house.breaker.admit();
      await house.clock.advance(60_000);
      if (permit) house.breaker.settle(permit, "fail");
    }
    expect(house.breaker.state).toBe("open");
  });

  test("4: 8 failures that take 60 s open it, side by side", async () => {
    const house = new BreakerHouse();
    const permits = Array.from({ length: 8 }, () => house.breaker.admit());
    await house.clock.advance(60_000);
    for (const permit of permits) if (permit) house.breaker.settle(permit, "fail");
    expect(house.breaker.state).toBe("open");
  });

  test("5: 40 calls under way do not dilute the rate", () => {
    const house = new BreakerHouse();
    for (let call = 0; call < 40; call += 1) house.breaker.admit();
    house.attempt(...fails(5));
    expect(house.breaker.state).toBe("open");
  });

  test("6: calls shed for want of room open nothing", async () => {
    const house = new BreakerHouse();
    const bulkhead = new Bulkhead({
      backend: "git",
      clock: new ManualClock(),
      shared: new GlobalLimits(),
      limit: 2,
      queueCalls: 0,
    });
    const gate = new AbortController();
    const work = () => new Promise<void>((resolve) => gate.signal.addEventListener("abort", () => resolve()));
    const calls = Array.from({ length: 22 }, async () => {
      const permit = house.breaker.admit();
      try {
        await runIn(bulkhead, work, { signal: patient(), bytes: 1 });
        if (permit) house.breaker.settle(permit, "ok");
        return "ok";
      } catch (reason) {
        const facts = { silentMs: 0, slowCallMs: SLOW_CALL_MS };
        if (permit) house.breaker.settle(permit, outcomeOf(GatewayError.from(reason), facts));
        return "shed";
      }
    });
    await settle();
    gate.abort();
    expect((await Promise.all(calls)).filter((end) => end === "shed")).toHaveLength(20);
    expect(house.breaker.state).toBe("closed");
  });

  test("7: the window is empty after a recovery", async () => {
    const house = new BreakerHouse();
    await house.recover();
    house.attempt("fail");
    expect(house.breaker.state).toBe("closed");
  });

  test("8: there is no signal that all calls share: opening aborts nobody, and late answers are merely not counted", async () => {
    const house = new BreakerHouse();
    const running = house.breaker.admit();
    house.trip();
    expect(running).toBeDefined();
    expect(Object.values(running ?? {}).some((value) => value instanceof AbortSignal)).toBe(false);
    if (running) house.breaker.settle(running, "ok");
    expect(house.breaker.state).toBe("open");
  });

  test("9: two breakers share nothing", () => {
    const [sick, well] = [new BreakerHouse(), new BreakerHouse()];
    sick.attempt(...fails(4));
    well.attempt("fail");
    expect(well.breaker.state).toBe("closed");
    sick.attempt("fail");
    expect([sick.breaker.state, well.breaker.state]).toEqual(["open", "closed"]);
  });

  test("10: no timer is left by making, feeding, opening or ending one, and none of the clock's either", async () => {
    const houses: BreakerHouse[] = [];
    const left = await timersLeftBy(() => {
      houses.push(new BreakerHouse(), new BreakerHouse(), new BreakerHouse());
      houses[0]?.attempt("ok", "fail");
      houses[1]?.attempt("ok", "ok", ...fails(5));
      houses[2]?.attempt("ok", "ok", ...fails(5));
      houses[2]?.breaker[Symbol.dispose]();
    });
    expect(houses.map(({ breaker }) => breaker.state)).toEqual(["closed", "open", "retired"]);
    expect(left).toBe(0);
    expect(houses.map(({ clock }) => clock.waiting)).toEqual([0, 0, 0]);
  });

  test("11: the first failure does not open it", () => {
    const house = new BreakerHouse();
    house.attempt("fail");
    expect(house.breaker.state).toBe("closed");
  });
});
