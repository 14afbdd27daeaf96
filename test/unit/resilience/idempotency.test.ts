import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { IdempotencyKeys, type IdempotencyLimits } from "../../../src/resilience/idempotency.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { patient } from "./breaker-house.ts";
import { deferred } from "./deferred.ts";

function open(limits?: IdempotencyLimits) {
  const clock = new ManualClock();
  const keys = new IdempotencyKeys<string>(clock, limits);
  let runs = 0;
  const run = (
    key: string,
    work: () => Promise<string> = () => Promise.resolve(`run ${runs}`),
    fingerprint = "f",
    signal = patient(),
  ) =>
    keys.run({ key, fingerprint, signal }, () => {
      runs += 1;
      return work();
    });
  return { clock, keys, run, runs: () => runs };
}

const cancelled = () => new GatewayError("cancelled", "Call cancelled");
const fail = (error: GatewayError) => () => Promise.reject(error);

/** Fails a call from within a connection that nobody else holds. */
async function failOnce(run: ReturnType<typeof open>["run"], key: string): Promise<WeakRef<object>> {
  const connection = {
    call(): Promise<string> {
      return Promise.reject(new GatewayError("unavailable", "Connection broke", { outcome: "unknown" }));
    },
  };
  await run(key, () => connection.call()).catch(() => undefined);
  return new WeakRef(connection);
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

describe("IdempotencyKeys", () => {
  test("the same key gets the same result for 10 minutes after the end", async () => {
    const { clock, run } = open();
    const work = deferred<string>();
    const first = run("k", () => work.promise);
    await clock.advance(3_600_000);
    work.resolve("result");
    expect(await first).toBe("result");
    await clock.advance(599_999);
    expect(await run("k")).toBe("result");
    await clock.advance(1);
    expect(await run("k")).toBe("run 2");
  });

  test("joins a call under way", async () => {
    const { run, runs } = open();
    const work = deferred<string>();
    const both = [run("k", () => work.promise), run("k")];
    work.resolve("result");
    expect(await Promise.all(both)).toEqual(["result", "result"]);
    expect(runs()).toBe(1);
  });

  test("keys do not meet", async () => {
    const { run } = open();
    expect([await run("k"), await run("l")]).toEqual(["run 1", "run 2"]);
  });

  test("refuses a key that was used for another call, under way or ended", async () => {
    const { run, runs } = open();
    const work = deferred<string>();
    const first = run("k", () => work.promise, "one");
    const refusal = {
      code: "invalid_argument",
      message: 'idempotencyKey: "k" was used for another call in the last 10 minutes',
      hint: "Choose a new key for a new call; repeat a call with exactly the same tool and arguments",
    };
    await expect(run("k", undefined, "other")).rejects.toMatchObject(refusal);
    work.resolve("result");
    await first;
    await expect(run("k", undefined, "other")).rejects.toMatchObject(refusal);
    expect(runs()).toBe(1);
  });

  test("refuses a key longer than 200 characters", async () => {
    const { run } = open();
    expect(await run("k".repeat(200))).toBe("run 1");
    await expect(run("k".repeat(201))).rejects.toMatchObject({
      code: "invalid_argument",
      message: "idempotencyKey: expected at most 200 characters, found 201",
    });
  });

  test("an error that is told again says all that the first one said, and holds on to nothing", async () => {
    const { run } = open();
    const facts = {
      backend: "b",
      retryAfterMs: 5,
      outcome: "executed",
      hint: "Look first",
      httpStatus: 500,
      rpc: { code: -1, message: "m" },
    } as const;
    const first = new GatewayError("upstream_rejected", "Refused", { ...facts, cause: new Error("a socket") });
    await expect(run("k", fail(first))).rejects.toBe(first);
    const again: unknown = await run("k").catch((error: unknown) => error);
    expect(again).toMatchObject({ code: "upstream_rejected", message: "Refused", ...facts });
    expect((again as Error).cause).toBeUndefined();
  });

  test("a dead connection is not kept alive by the errors of its calls", async () => {
    const { run } = open();
    const connections = await Promise.all(Array.from({ length: 50 }, (_, at) => failOnce(run, `k${at}`)));
    await settle();
    collectGarbage();
    const alive = connections.filter((connection) => connection.deref() !== undefined);
    expect(alive.length).toBeLessThan(5); // the stack may still hold the last one
    await expect(run("k7")).rejects.toThrow("Connection broke");
  });

  test("a call that may have run is not run again: its error is told again", async () => {
    const { run, runs } = open();
    await expect(run("k", fail(new GatewayError("unavailable", "Lost")))).rejects.toMatchObject({ message: "Lost" });
    await expect(run("k")).rejects.toMatchObject({ message: "Lost", outcome: "unknown" });
    expect(runs()).toBe(1);
  });

  test("a call that did not run may be tried again", async () => {
    const { run } = open();
    await expect(run("k", fail(new GatewayError("circuit_open", "Open")))).rejects.toMatchObject({ code: "circuit_open" });
    expect(await run("k", undefined, "another")).toBe("run 2");
  });

  test("one caller leaving does not end the call for the other", async () => {
    const { run } = open();
    const work = deferred<string>();
    const caller = new AbortController();
    const leaving = run("k", () => work.promise, "f", caller.signal);
    const staying = run("k");
    caller.abort(cancelled());
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    work.resolve("result");
    expect(await staying).toBe("result");
  });

  test("a call all have left is aborted, and not run again while it comes to its end", async () => {
    const { keys, run, runs } = open();
    const work = deferred<string>();
    const caller = new AbortController();
    let signal: Signal | undefined;
    const leaving = keys.run({ key: "k", fingerprint: "f", signal: caller.signal }, (flight) => {
      signal = flight;
      return work.promise;
    });
    caller.abort(cancelled());
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    expect(signal?.aborted).toBe(true);
    await expect(run("k")).rejects.toMatchObject({ code: "unavailable", outcome: "unknown" });
    work.resolve("after all");
    await settle();
    expect(await run("k")).toBe("after all");
    expect(runs()).toBe(0);
  });

  test("a cancelled call is told of as lost, not as cancelled: the new caller has cancelled nothing", async () => {
    const { run } = open();
    await expect(run("k", fail(cancelled()))).rejects.toMatchObject({ code: "cancelled" });
    await expect(run("k")).rejects.toMatchObject({
      code: "unavailable",
      outcome: "unknown",
      message: 'The call with idempotency key "k" was cancelled before it was answered',
      hint: "Verify its effect before you repeat it with another key",
    });
  });

  test("a call cancelled before it was sent may be tried again", async () => {
    const { run } = open();
    const caller = new AbortController();
    const unsent = new GatewayError("cancelled", "Call cancelled", { outcome: "not_executed" });
    const work = deferred<string>();
    const leaving = run("k", () => work.promise, "f", caller.signal);
    caller.abort(unsent);
    work.reject(unsent);
    await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
    await settle();
    expect(await run("k")).toBe("run 2");
  });

  test("remembers so many keys and refuses more until the oldest has expired", async () => {
    const { clock, run } = open({ keys: 2, bytes: 1_000 });
    await run("a");
    await clock.advance(1_000);
    await run("b");
    await expect(run("c")).rejects.toMatchObject({ code: "resource_exhausted", retryAfterMs: 599_000 });
    expect(await run("a")).toBe("run 1");
    await clock.advance(599_000);
    expect(await run("c")).toBe("run 3");
  });

  test("while all its keys belong to calls under way it cannot say when to come again", async () => {
    const { run } = open({ keys: 1, bytes: 1_000 });
    void run("a", () => deferred<string>().promise);
    await expect(run("b")).rejects.toMatchObject({
      code: "resource_exhausted",
      retryAfterMs: undefined,
      hint: "Call without an idempotency key, or wait",
    });
  });

  test("a call under way does not keep ended ones from expiring", async () => {
    const { clock, run } = open({ keys: 2, bytes: 1_000 });
    void run("a", () => deferred<string>().promise);
    await run("b");
    await clock.advance(600_000);
    expect(await run("c")).toBe("run 3");
  });

  test("a call that began first and ended last expires last", async () => {
    const { clock, run } = open();
    const work = deferred<string>();
    const long = run("long", () => work.promise);
    await run("short");
    await clock.advance(300_000);
    work.resolve("result");
    await long;
    await clock.advance(300_000);
    expect(await run("short")).toBe("run 3");
    expect(await run("long")).toBe("result");
  });

  test("remembers 1,000 keys and 8 MiB of results unless told otherwise", async () => {
    const { run } = open();
    await run("big", () => Promise.resolve("x".repeat(8 * 2 ** 20 - 8)));
    expect(await run("big")).toHaveLength(8 * 2 ** 20 - 8);
    await run("small");
    await expect(run("big")).rejects.toMatchObject({ outcome: "executed" });
    for (let key = 0; key < 998; key += 1) await run(`k${key}`);
    await expect(run("one too many")).rejects.toMatchObject({
      message: "Cannot remember another idempotency key: 1000 are in use",
    });
  });

  test("gives up the oldest results when there are too many bytes, but never runs their calls again", async () => {
    const { run, runs } = open({ keys: 10, bytes: 60 });
    const twenty = (letter: string) => () => Promise.resolve(letter.repeat(12)); // and 8 bytes more
    for (const key of ["a", "b", "c"]) await run(key, twenty(key));
    expect(await run("a")).toBe("a".repeat(12));
    await run("d", twenty("d"));
    await expect(run("a")).rejects.toMatchObject({
      code: "resource_exhausted",
      message: 'Cannot repeat the result of idempotency key "a": it is no longer kept',
      outcome: "executed",
      hint: "The call has run: do not repeat it with another key",
    });
    expect(await run("b")).toBe("b".repeat(12));
    await run("e", () => Promise.resolve("e".repeat(53)));
    await expect(run("e")).rejects.toMatchObject({ outcome: "executed" });
    expect(await run("b")).toBe("b".repeat(12));
    expect(runs()).toBe(5);
  });

  test("what has no result takes no room, and gives none back", async () => {
    const { clock, run } = open({ keys: 10, bytes: 40 });
    const letters = (letter: string, count: number) => () => Promise.resolve(letter.repeat(count)); // and 8 bytes more
    await run("lost", letters("x", 100));
    await run("failed", fail(new GatewayError("unavailable", "Hung up"))).catch(() => {});
    await run("a", letters("a", 12));
    await run("b", letters("b", 13)); // one byte too many with the one before
    await expect(run("a")).rejects.toMatchObject({ outcome: "executed" });
    await expect(run("failed")).rejects.toMatchObject({ message: "Hung up" });
    await run("c", letters("c", 11));
    expect(await run("b")).toBe("b".repeat(13));
    await clock.advance(600_000);
    await run("d", letters("d", 12));
    await run("e", letters("e", 12));
    expect(await run("d")).toBe("d".repeat(12));
    await run("f", letters("f", 1));
    await expect(run("d")).rejects.toMatchObject({ outcome: "executed" });
  });

  test("expired results give their bytes back", async () => {
    const { clock, run } = open({ keys: 10, bytes: 40 });
    await run("a", () => Promise.resolve("a".repeat(32)));
    await clock.advance(600_000);
    await run("b", () => Promise.resolve("b".repeat(10)));
    await run("c", () => Promise.resolve("c".repeat(10)));
    expect(await run("b")).toBe("b".repeat(10));
  });
});
