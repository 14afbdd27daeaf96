import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Outcome } from "../../../src/resilience/outcome.ts";
import { settle } from "../../support/manual-clock.ts";
import { BreakerHouse, fails, oks, patient, refused } from "./breaker-house.ts";

const TRIPS: readonly { readonly what: string; readonly outcomes: readonly Outcome[]; readonly open: boolean }[] = [
  { what: "4 failures", outcomes: fails(4), open: false },
  { what: "5 failures", outcomes: fails(5), open: true },
  { what: "100 answers, then 5 failures in a row", outcomes: [...oks(100), ...fails(5)], open: true },
  { what: "4 failures in a row, again and again", outcomes: [...oks(7), ...fails(4), ...oks(1), ...fails(4)], open: true },
  { what: "fewer than half failed", outcomes: [...oks(6), ...fails(4), ...oks(1)], open: false },
  { what: "just half failed, of 6", outcomes: ["ok", "fail", "ok", "fail", "ok", "fail"], open: true },
  { what: "2 of 4 failed", outcomes: ["ok", "fail", "ok", "fail"], open: false },
  { what: "2 of 5 failed", outcomes: ["ok", "ok", "ok", "fail", "fail"], open: false },
  {
    what: "a failure that is the fifth outcome and the third failure",
    outcomes: ["fail", "ok", "fail", "ok", "fail"],
    open: true,
  },
  { what: "an answer, which never opens it", outcomes: ["fail", "fail", "fail", "fail", "ok"], open: false },
  { what: "what is ignored, however often", outcomes: Array.from({ length: 50 }, (): Outcome => "ignore"), open: false },
];

describe("when it opens", () => {
  test.each(TRIPS)("$what: open is $open", ({ outcomes, open }) => {
    const house = new BreakerHouse();
    house.attempt(...outcomes);
    expect(house.breaker.state).toBe(open ? "open" : "closed");
    expect(house.changes).toEqual(open ? ["open"] : []);
  });

  test("what is ignored between failures does not break their row", () => {
    const house = new BreakerHouse();
    house.attempt(...oks(50), "fail", "fail", "ignore", "fail", "ignore", "fail", "ignore", "fail");
    expect(house.breaker.state).toBe("open");
  });

  test("failures older than 10 s do not count", async () => {
    const house = new BreakerHouse();
    house.attempt("ok", ...fails(3));
    await house.clock.advance(10_000);
    house.attempt("ok", "ok", "ok", "fail", "fail"); // 5 of 9 would be enough
    expect(house.breaker.state).toBe("closed");
  });

  test("failures of the last 9 s do", async () => {
    const house = new BreakerHouse();
    house.attempt("ok", ...fails(3));
    await house.clock.advance(9_999);
    house.attempt("ok", "ok", "ok", "fail", "fail");
    expect(house.breaker.state).toBe("open");
  });

  test("failures hours apart open it when there are five in a row", async () => {
    const house = new BreakerHouse();
    for (let call = 0; call < 5; call += 1) {
      expect(house.breaker.state).toBe("closed");
      house.attempt("fail");
      await house.clock.advance(3_600_000);
    }
    expect(house.breaker.state).toBe("open");
  });

  test("a permit counts once", () => {
    const house = new BreakerHouse();
    const permit = house.breaker.admit();
    for (let time = 0; time < 10 && permit; time += 1) house.breaker.settle(permit, "fail");
    expect(house.breaker.state).toBe("closed");
  });
});

describe("while it is open", () => {
  test("it refuses and says when to come again", async () => {
    const house = new BreakerHouse();
    house.trip();
    expect(house.breaker.retryAfterMs).toBe(1_000);
    await house.clock.advance(999);
    expect(house.breaker.admit()).toBeUndefined();
    expect(await house.breaker.awaitVerdict(patient())).toBeUndefined();
    expect(house.breaker.retryAfterMs).toBe(1);
    expect(house.breaker.concurrencyLimit).toBe(0);
    expect(house.probes).toHaveLength(0);
  });

  test.each([
    { random: 0, ms: 500 },
    { random: 0.999_999, ms: 1_500 },
  ])("its first time is $ms ms when the dice show $random", ({ random, ms }) => {
    const house = new BreakerHouse(() => random);
    house.trip();
    expect(house.breaker.retryAfterMs).toBe(ms);
  });

  test("it probes only when somebody asks", async () => {
    const house = new BreakerHouse();
    house.trip();
    await house.clock.advance(3_600_000);
    expect(house.breaker.state).toBe("open");
    expect(house.breaker.retryAfterMs).toBe(0);
    expect(house.probes).toHaveLength(0);
    expect(house.breaker.admit()).toBeUndefined();
    expect(house.probes).toHaveLength(1);
  });

  test("each bad probe doubles the time, up to a minute", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    const times: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      await house.answerProbe(refused());
      times.push(house.breaker.retryAfterMs);
      await house.clock.advance(house.breaker.retryAfterMs);
      house.breaker.admit();
    }
    expect(times).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test("opening again without an answer in between goes on doubling, an answer begins anew", async () => {
    const house = new BreakerHouse();
    await house.recover();
    house.attempt(...fails(5));
    expect(house.breaker.retryAfterMs).toBe(2_000);
    await house.clock.advance(2_000);
    house.breaker.admit();
    await house.answerProbe();
    await house.answerProbe();
    house.attempt("ok", ...fails(5));
    expect(house.breaker.retryAfterMs).toBe(1_000);
  });
});

describe("while it is half-open", () => {
  test("10,000 callers make one probe, and none of them is it", async () => {
    const house = new BreakerHouse();
    house.trip();
    await house.clock.advance(1_000);
    const permits = Array.from({ length: 10_000 }, () => house.breaker.admit()).filter((permit) => permit !== undefined);
    expect(permits).toHaveLength(0);
    expect(house.probes).toHaveLength(1);
    expect(house.breaker.retryAfterMs).toBe(1_000);
  });

  test("one good probe is not enough, two are", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    await house.answerProbe();
    expect(house.breaker.state).toBe("half_open");
    expect(house.breaker.admit()).toBeUndefined();
    await house.answerProbe();
    expect(house.breaker.state).toBe("closed");
    expect(house.changes).toEqual(["open", "half_open", "closed"]);
  });

  test("a good probe before a bad one does not close it", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    await house.answerProbe();
    await house.answerProbe(refused());
    expect(house.breaker.state).toBe("open");
    expect(house.breaker.retryAfterMs).toBe(2_000);
  });

  test("a probe that is answered with a refusal shows a live backend", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    await house.answerProbe(new GatewayError("upstream_rejected", "It refused with HTTP 401", { httpStatus: 401 }));
    await house.answerProbe();
    expect(house.breaker.state).toBe("closed");
  });

  test("a probe that says nothing either way opens it again for as long as before", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    await house.answerProbe(new GatewayError("start_failed", "Cannot start it"));
    expect(house.breaker.state).toBe("open");
    expect(house.breaker.retryAfterMs).toBe(1_000);
  });

  test("a probe that is not answered for 5 s is a bad one, and is given up", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    await house.clock.advance(4_999);
    expect(house.breaker.state).toBe("half_open");
    await house.clock.advance(1);
    expect(house.breaker.state).toBe("open");
    expect(house.breaker.retryAfterMs).toBe(2_000);
    expect(house.probes[0]?.signal.reason).toMatchObject({
      code: "deadline_exceeded",
      message: "The health probe was not answered in time",
    });
  });

  test("nothing is let through at the same time", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    expect(house.breaker.concurrencyLimit).toBe(0);
  });

  test("a probe that nobody needs any more is given up", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    house.breaker.reset();
    expect(house.probes[0]?.signal.reason).toMatchObject({
      code: "cancelled",
      message: "The health probe is no longer needed",
    });
  });

  test("a call that arrives waits for the verdict and goes through", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    const waiting = house.breaker.awaitVerdict(patient());
    await house.answerProbe();
    await house.answerProbe();
    expect(await waiting).toBeDefined();
    expect(house.clock.waiting).toBe(0);
  });

  test("a call that arrives waits for the verdict and is refused", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    const waiting = house.breaker.awaitVerdict(patient());
    await house.answerProbe(refused());
    expect(await waiting).toBeUndefined();
    expect(house.clock.waiting).toBe(0);
  });

  test("it waits a second and no longer", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    let verdict: unknown = "none";
    void house.breaker.awaitVerdict(patient()).then((permit) => {
      verdict = permit;
    });
    await house.clock.advance(999);
    expect(verdict).toBe("none");
    await house.clock.advance(1);
    expect(verdict).toBeUndefined();
    expect(house.breaker.state).toBe("half_open");
  });

  test("a caller who leaves while waiting hears its own reason and costs nothing more", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    const caller = new AbortController();
    const waiting = house.breaker.awaitVerdict(caller.signal);
    const timers = house.clock.waiting;
    caller.abort(new GatewayError("cancelled", "Call cancelled"));
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(house.clock.waiting).toBe(timers - 1);
    expect(house.probes[0]?.signal.aborted).toBe(false);
  });
});

describe("its slow start", () => {
  test("lets 1, 2, 4, 8, 16 calls through at the same time, then all", async () => {
    const house = new BreakerHouse();
    await house.recover();
    const limits: number[] = [];
    while (Number.isFinite(house.breaker.concurrencyLimit)) {
      const limit = house.breaker.concurrencyLimit;
      const permits = Array.from({ length: limit + 5 }, () => house.breaker.admit()).filter((permit) => permit !== undefined);
      expect(permits).toHaveLength(limit);
      limits.push(limit);
      for (const permit of permits) house.breaker.settle(permit, "ok");
    }
    expect(limits).toEqual([1, 2, 4, 8, 16]);
    expect(Array.from({ length: 1_000 }, () => house.breaker.admit())).not.toContain(undefined);
  });

  test("admits in order those who wait, as many as the limit allows", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    const order: number[] = [];
    const permits = Array.from({ length: 6 }, async (_, caller) => {
      const permit = await house.breaker.awaitVerdict(patient());
      order.push(caller);
      return permit;
    });
    await house.answerProbe();
    await house.answerProbe();
    expect(order).toEqual([0]);
    const first = await permits[0];
    if (first) house.breaker.settle(first, "ok");
    await settle();
    expect(order).toEqual([0, 1, 2]);
  });

  test("goes on by the second when a slow call keeps the others waiting", async () => {
    const house = new BreakerHouse();
    await house.recover();
    expect(house.breaker.admit()).toBeDefined();
    const waiting = [patient(), patient(), patient()].map((signal) => house.breaker.awaitVerdict(signal));
    await house.clock.advance(1_000);
    expect(house.breaker.concurrencyLimit).toBe(2);
    await house.clock.advance(1_000);
    expect(await Promise.all(waiting)).not.toContain(undefined);
    expect(house.clock.waiting).toBe(0);
  });

  test("does not grow by what is ignored or failed", async () => {
    const house = new BreakerHouse();
    await house.recover();
    house.attempt("ignore", "fail", "ignore");
    expect(house.breaker.concurrencyLimit).toBe(1);
  });

  test("a failure right after closing does not open it, nor do four", async () => {
    const house = new BreakerHouse();
    await house.recover();
    house.attempt(...fails(4));
    expect(house.breaker.state).toBe("closed");
    house.attempt("fail");
    expect(house.breaker.state).toBe("open");
  });

  test("sends those who wait away when it opens again", async () => {
    const house = new BreakerHouse();
    await house.recover();
    house.attempt(...fails(4));
    const last = house.breaker.admit();
    const waiting = house.breaker.awaitVerdict(patient());
    if (last) house.breaker.settle(last, "fail");
    expect(await waiting).toBeUndefined();
    expect(house.breaker.state).toBe("open");
    expect(house.clock.waiting).toBe(0);
  });

  test("a place that was given just before it opened again is worth nothing", async () => {
    const house = new BreakerHouse();
    await house.recover();
    const first = house.breaker.admit();
    const waiting = house.breaker.awaitVerdict(patient());
    if (first) house.breaker.settle(first, "ok");
    house.attempt(...fails(5));
    expect(house.breaker.state).toBe("open");
    expect(await waiting).toBeUndefined();
  });

  test("does not go on by the second once nobody waits", async () => {
    const house = new BreakerHouse();
    await house.recover();
    const first = house.breaker.admit();
    const waiting = house.breaker.awaitVerdict(patient());
    if (first) house.breaker.settle(first, "ignore");
    expect(await waiting).toBeDefined();
    await house.clock.advance(60_000);
    expect(house.breaker.concurrencyLimit).toBe(1);
  });

  test("a caller who leaves frees its turn", async () => {
    const house = new BreakerHouse();
    await house.recover();
    const busy = house.breaker.admit();
    const caller = new AbortController();
    const leaving = house.breaker.awaitVerdict(caller.signal);
    const staying = house.breaker.awaitVerdict(patient());
    caller.abort(new GatewayError("cancelled", "Call cancelled"));
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    if (busy) house.breaker.settle(busy, "ignore");
    expect(await staying).toBeDefined();
  });
});

describe("reset and end", () => {
  test("a person closes it at once, with nothing left of the past", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    await house.answerProbe(refused());
    house.breaker.reset();
    expect(house.breaker.state).toBe("closed");
    expect(house.breaker.concurrencyLimit).toBe(Number.POSITIVE_INFINITY);
    house.attempt(...fails(4));
    expect(house.breaker.state).toBe("closed");
    house.attempt("fail");
    expect(house.breaker.retryAfterMs).toBe(1_000);
  });

  test("a reset ends a probation: callers go through, its probe is aborted and its verdict void", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    const waiting = house.breaker.awaitVerdict(patient());
    house.breaker.reset();
    expect(await waiting).toBeDefined();
    expect(house.probes[0]?.signal.aborted).toBe(true);
    await house.answerProbe(refused());
    expect(house.breaker.state).toBe("closed");
    expect(house.clock.waiting).toBe(0);
  });

  test("a reset lets those go through who waited for a place in the slow start", async () => {
    const house = new BreakerHouse();
    await house.recover();
    house.breaker.admit();
    const waiting = house.breaker.awaitVerdict(patient());
    house.breaker.reset();
    expect(await waiting).toBeDefined();
    expect(house.changes).toEqual(["open", "half_open", "closed"]);
  });

  test("failures before a reset do not count after it", () => {
    const house = new BreakerHouse();
    const early = house.breaker.admit();
    house.attempt(...fails(4));
    house.breaker.reset();
    if (early) house.breaker.settle(early, "fail");
    house.attempt(...fails(4));
    expect(house.breaker.state).toBe("closed");
  });

  test("a retired one probes no more, lets calls through and counts nothing", async () => {
    const house = new BreakerHouse();
    await house.halfOpen();
    const waiting = house.breaker.awaitVerdict(patient());
    house.breaker[Symbol.dispose]();
    expect(await waiting).toBeDefined();
    expect(house.probes[0]?.signal.aborted).toBe(true);
    await house.answerProbe();
    house.attempt(...fails(20));
    house.breaker.reset();
    house.breaker[Symbol.dispose]();
    expect(house.breaker.state).toBe("retired");
    expect(house.breaker.concurrencyLimit).toBe(Number.POSITIVE_INFINITY);
    expect(house.breaker.retryAfterMs).toBe(0);
    expect(house.changes).toEqual(["open", "half_open", "retired"]);
    expect(house.clock.waiting).toBe(0);
  });
});
