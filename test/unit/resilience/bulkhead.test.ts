import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { Bulkhead, type BulkheadOptions, Stay } from "../../../src/resilience/bulkhead.ts";
import { GlobalLimits } from "../../../src/resilience/global-limits.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { patient } from "./breaker-house.ts";
import { type Deferred, deferred } from "./deferred.ts";
import { runIn } from "./run-in.ts";

function open(options: Partial<BulkheadOptions> = {}) {
  const clock = new ManualClock();
  const shared = options.shared ?? new GlobalLimits();
  const bulkhead = new Bulkhead({ backend: "git", clock, ...options, shared });
  const started: number[] = [];
  const works: Deferred<string>[] = [];
  const call = (signal: Signal = patient(), bytes = 1): Promise<string> => {
    const work = deferred<string>();
    const index = works.push(work) - 1;
    const begin = () => {
      started.push(index);
      return work.promise;
    };
    return runIn(bulkhead, begin, { signal, bytes });
  };
  return { clock, shared, bulkhead, started, works, call };
}

const cancelled = () => new GatewayError("cancelled", "Call cancelled");

describe("Bulkhead", () => {
  test("lets 32 calls work and 256 wait, and turns the next one away", async () => {
    const { bulkhead, call, started, works } = open();
    const calls = Array.from({ length: 288 }, () => call());
    await settle();
    expect([bulkhead.inFlight, bulkhead.queued, started.length]).toEqual([32, 256, 32]);
    await expect(call()).rejects.toMatchObject({
      code: "resource_exhausted",
      message: 'Cannot take another call of "git": 32 calls are at work and 256 wait',
      outcome: "not_executed",
      backend: "git",
    });
    for (const { resolve } of works) resolve("done");
    expect(await Promise.all(calls)).toHaveLength(288);
    expect([bulkhead.inFlight, bulkhead.queued, bulkhead.queuedBytes]).toEqual([0, 0, 0]);
  });

  test("serves in order of arrival", async () => {
    const { call, started, works } = open({ limit: 1 });
    const calls = Array.from({ length: 4 }, () => call());
    for (const { resolve } of works) {
      resolve("done");
      await settle();
    }
    await Promise.all(calls);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  test("turns away what would make the queue hold more than 8 MiB", async () => {
    const { bulkhead, call } = open({ limit: 1 });
    void call(patient(), 100 * 2 ** 10);
    void call(patient(), 8 * 2 ** 20 - 10);
    void call(patient(), 10);
    expect(bulkhead.queuedBytes).toBe(8 * 2 ** 20);
    await expect(call(patient(), 1)).rejects.toMatchObject({ code: "resource_exhausted" });
    expect(bulkhead.queued).toBe(2);
  });

  test("a caller who leaves the queue makes room at once", async () => {
    const { bulkhead, call, shared, started, works } = open({ limit: 1, queueCalls: 1 });
    const caller = new AbortController();
    const first = call();
    const leaving = call(caller.signal, 50);
    caller.abort(cancelled());
    expect([bulkhead.queued, bulkhead.queuedBytes, shared.calls]).toEqual([0, 0, 1]);
    const next = call();
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    expect([bulkhead.queuedBytes, shared.calls]).toEqual([1, 2]);
    works[0]?.resolve("done");
    works[2]?.resolve("done");
    await Promise.all([first, next]);
    expect(started).toEqual([0, 2]);
  });

  test("a caller who has left before it came waits for nothing", async () => {
    const { bulkhead, call, started } = open({ limit: 1 });
    void call();
    await expect(call(AbortSignal.abort(cancelled()))).rejects.toMatchObject({ code: "cancelled" });
    expect([bulkhead.queued, started]).toEqual([0, [0]]);
  });

  test("whoever waits is told of its place at the end of the turn in which it was left, and nobody who has left", async () => {
    const { bulkhead } = open({ limit: 1 });
    const caller = new AbortController();
    const told: (Stay | GatewayError)[] = [];
    for (const signal of [patient(), caller.signal, patient()]) bulkhead.enter({ signal, bytes: 1 }, (stay) => told.push(stay));
    const reason = cancelled();
    caller.abort(reason);
    const [first] = told;
    if (first instanceof Stay) first.leave();
    expect([told.length, bulkhead.inFlight]).toEqual([2, 0]);
    bulkhead.enter({ signal: patient(), bytes: 1 }, (stay) => told.push(stay)); // not before those who wait
    await settle();
    expect(told).toEqual([expect.any(Stay), reason, expect.any(Stay)]);
    if (first instanceof Stay) first.leave(); // a second time changes nothing
    expect([bulkhead.inFlight, bulkhead.queued]).toEqual([1, 1]);
  });

  test("calls that end as soon as they come in follow each other, however many wait", async () => {
    const { bulkhead } = open({ limit: 1, queueCalls: 5_000, shared: new GlobalLimits(5_001) });
    const stays: Stay[] = [];
    bulkhead.enter({ signal: patient(), bytes: 1 }, (stay) => stay instanceof Stay && stays.push(stay));
    let done = 0;
    for (let call = 0; call < 5_000; call += 1) {
      bulkhead.enter({ signal: patient(), bytes: 1 }, (stay) => {
        if (stay instanceof Stay) stay.leave();
        done += 1;
      });
    }
    stays[0]?.leave();
    for (let turns = 0; done < 5_000 && turns < 5_001; turns += 1) await settle();
    expect([done, bulkhead.inFlight, bulkhead.queued]).toEqual([5_000, 0, 0]);
  });

  test("a call that fails gives its place back and its error out", async () => {
    const { bulkhead, call, shared, works } = open({ limit: 1 });
    const failing = call();
    const next = call();
    works[0]?.reject(new GatewayError("unavailable", "gone"));
    works[1]?.resolve("done");
    await expect(failing).rejects.toMatchObject({ code: "unavailable" });
    expect(await next).toBe("done");
    expect([bulkhead.inFlight, shared.calls, shared.bytes]).toEqual([0, 0, 0]);
  });

  test.each([
    { waiting: 0, lastingMs: undefined, retryAfterMs: 1_000 },
    { waiting: 3, lastingMs: undefined, retryAfterMs: 4_000 },
    { waiting: 0, lastingMs: 6_000, retryAfterMs: 2_000 },
    { waiting: 0, lastingMs: 0, retryAfterMs: 800 },
    { waiting: 99, lastingMs: undefined, retryAfterMs: 60_000 },
  ])("with $waiting waiting and a call of $lastingMs ms seen, it says to come in $retryAfterMs ms", async (row) => {
    const { call, clock, works } = open({ limit: 1, queueCalls: row.waiting });
    if (row.lastingMs !== undefined) {
      const seen = call();
      await clock.advance(row.lastingMs);
      works[0]?.resolve("done");
      await seen;
    }
    for (let calls = 0; calls <= row.waiting; calls += 1) void call();
    await expect(call()).rejects.toMatchObject({ retryAfterMs: row.retryAfterMs });
  });

  test("says a shorter time the more calls work at once, and what to do", async () => {
    const { clock, call, works } = open({ limit: 4, queueCalls: 0 });
    await clock.advance(3_600_000);
    for (let time = 0; time < 4; time += 1) void call();
    await settle();
    await clock.advance(5_000);
    works[0]?.resolve("done");
    await settle();
    void call();
    await settle();
    await expect(call()).rejects.toMatchObject({
      retryAfterMs: (1_000 + 0.2 * (5_000 - 1_000)) / 4,
      hint: "Wait before you call it again, and send fewer calls at the same time",
    });
  });

  test("says never less than 50 ms", async () => {
    const { call, works } = open({ limit: 32, queueCalls: 0 });
    for (let round = 0; round < 10; round += 1) {
      const calls = Array.from({ length: 32 }, () => call());
      for (const { resolve } of works) resolve("done");
      await Promise.all(calls);
    }
    for (let calls = 0; calls < 32; calls += 1) void call();
    await expect(call()).rejects.toMatchObject({ retryAfterMs: 50 });
  });
});

describe("GlobalLimits", () => {
  test("all bulkheads together hold at most so many calls, at work or waiting", async () => {
    const shared = new GlobalLimits(3, 1_000);
    const [one, other] = [open({ shared, limit: 1 }), open({ shared, limit: 1 })];
    const first = one.call();
    void one.call();
    void other.call();
    await expect(other.call()).rejects.toMatchObject({
      code: "resource_exhausted",
      message: 'Cannot take another call of "git": the gateway has too many calls under way',
    });
    one.works[0]?.resolve("done");
    await first;
    void other.call();
    expect([shared.calls, other.bulkhead.queued]).toEqual([3, 1]);
  });

  test("and at most so many bytes", async () => {
    const shared = new GlobalLimits(100, 1_000);
    const { call, works } = open({ shared });
    const big = call(patient(), 990);
    void call(patient(), 10);
    await expect(call(patient(), 1)).rejects.toMatchObject({ code: "resource_exhausted" });
    works[0]?.resolve("done");
    await big;
    expect(shared.bytes).toBe(10);
  });

  test("which is 4,096 calls and 64 MiB unless told otherwise", () => {
    const calls = new GlobalLimits();
    expect(Array.from({ length: 4_096 }, () => calls.tryEnter(1))).not.toContain(false);
    expect(calls.tryEnter(0)).toBe(false);
    const bytes = new GlobalLimits();
    expect(bytes.tryEnter(64 * 2 ** 20)).toBe(true);
    expect(bytes.tryEnter(1)).toBe(false);
  });
});
