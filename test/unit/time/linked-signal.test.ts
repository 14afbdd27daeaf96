import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Clock } from "../../../src/time/clock.ts";
import { abandonOnAbort, linkDeadline, linkSignal, nativeSignal } from "../../../src/time/linked-signal.ts";
import { gate } from "../../support/fake-backend.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const reason = new GatewayError("cancelled", "Call cancelled");
const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

/** The next error nobody catches, kept from those who would fail the run for it. */
async function nextUncaught(): Promise<unknown> {
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  try {
    return await new Promise((resolve) => process.once("uncaughtException", resolve));
  } finally {
    for (const other of others) process.on("uncaughtException", other);
  }
}

describe("linkSignal()", () => {
  test("aborts with its parent, for the parent's reason", () => {
    const parent = new AbortController();
    const linked = linkSignal(parent.signal);
    expect(linked.signal.aborted).toBe(false);
    parent.abort(reason);
    expect(linked.signal.reason).toBe(reason);
    expect(listenersOf(parent.signal)).toBe(0);
  });

  test("is born aborted under a parent that has aborted, and does not listen to it", () => {
    const parent = AbortSignal.abort(reason);
    expect(linkSignal(parent).signal.reason).toBe(reason);
    expect(listenersOf(parent)).toBe(0);
  });

  test("aborts by itself and leaves its parent alone", () => {
    const parent = new AbortController();
    const linked = linkSignal(parent.signal);
    linked.abort(reason);
    expect(linked.signal.reason).toBe(reason);
    expect(parent.signal.aborted).toBe(false);
  });

  test("lets go of the listener that leaves, wherever it stands, and of no other", () => {
    const linked = linkSignal(undefined);
    const told: number[] = [];
    const listeners = [0, 1, 2, 3].map((name) => () => told.push(name));
    for (const listener of listeners) linked.addEventListener("abort", listener);
    linked.removeEventListener("abort", () => {});
    linked.removeEventListener("abort", listeners[0] as () => void);
    linked.removeEventListener("abort", listeners[2] as () => void);
    linked.abort(reason);
    expect(told).toEqual([1, 3]);
  });

  test("throws the reason once aborted, and not before", () => {
    const linked = linkSignal(undefined);
    linked.throwIfAborted();
    linked.abort(undefined);
    expect(() => linked.throwIfAborted()).toThrow("This operation was aborted");
  });

  test("needs no parent", () => {
    using linked = linkSignal(undefined);
    expect(linked.signal.aborted).toBe(false);
    linked.abort(reason);
    expect(linked.signal.reason).toBe(reason);
  });

  test("leaves nothing on its parent once disposed, and hears of it no more", () => {
    const parent = new AbortController();
    const linked = linkSignal(parent.signal);
    expect(listenersOf(parent.signal)).toBe(1);
    linked[Symbol.dispose]();
    expect(listenersOf(parent.signal)).toBe(0);
    parent.abort(reason);
    expect(linked.signal.aborted).toBe(false);
  });
});

describe("a linked signal", () => {
  test("tells everyone who listens once, in order, and nobody who has stopped or comes too late", () => {
    const { signal, abort } = owned();
    const heard: string[] = [];
    const gone = () => heard.push("gone");
    const first = () => heard.push("first");
    for (const listener of [first, gone, () => heard.push("second"), first]) signal.addEventListener("abort", listener);
    signal.removeEventListener("abort", gone);
    abort(reason);
    abort(new Error("too late"));
    signal.addEventListener("abort", () => heard.push("late"));
    expect([heard, signal.reason]).toEqual([["first", "second"], reason]);
    expect(() => signal.throwIfAborted()).toThrow(reason);
  });

  test("tells the others, too, when one of them throws; the process hears of that as it would from an AbortSignal", async () => {
    const broken = new Error("a listener of ours is broken");
    for (const { signal, abort } of [owned(), native()]) {
      const heard: string[] = [];
      signal.addEventListener("abort", () => heard.push("first"));
      signal.addEventListener("abort", () => {
        throw broken;
      });
      signal.addEventListener("abort", () => heard.push("second"));
      const uncaught = nextUncaught();
      abort(reason);
      expect(heard).toEqual(["first", "second"]);
      expect(await uncaught).toBe(broken);
    }
  });

  test("that is aborted without a reason has that of an AbortSignal", () => {
    const { signal, abort } = owned();
    abort(undefined);
    expect(signal.reason).toMatchObject({ name: "AbortError" });
  });

  test("is an AbortSignal for code that is not ours, before and after it aborts", () => {
    const { signal, abort } = owned();
    const early = nativeSignal(signal);
    expect(early).toBeInstanceOf(AbortSignal);
    expect([early.aborted, nativeSignal(signal) === early, nativeSignal(early) === early]).toEqual([false, true, true]);
    abort(reason);
    const late = owned();
    late.abort(reason);
    expect([early.reason, nativeSignal(late.signal).reason]).toEqual([reason, reason]);
  });

  function native() {
    const controller = new AbortController();
    return { signal: controller.signal, abort: (why: unknown) => controller.abort(why) };
  }

  function owned() {
    const linked = linkSignal(undefined);
    return { signal: linked.signal, abort: (why: unknown) => linked.abort(why) };
  }
});

describe("linkDeadline()", () => {
  /** A clock whose timer comes when the test says, at a moment of its choice. */
  function lateClock() {
    let now = 0;
    let fire = (): void => {};
    const clock: Clock = {
      now: () => now,
      wallTime: () => 0,
      after: (_ms, run) => {
        fire = run;
        return { unref: () => never(), [Symbol.dispose]: () => {} };
      },
    };
    const fireAt = (moment: number): void => {
      now = moment;
      fire();
    };
    return { clock, fireAt };
  }

  const never = (): never => {
    throw new Error("not used here");
  };

  test("whose timer comes late lets what has arrived be read before it aborts", async () => {
    const { clock, fireAt } = lateClock();
    using linked = linkDeadline(clock, 100, undefined, late);
    fireAt(5_000);
    expect(linked.aborted).toBe(false);
    await new Promise(setImmediate);
    expect(linked.reason).toMatchObject({ code: "deadline_exceeded" });
  });

  test("and does not abort at all if the answer was there", async () => {
    const { clock, fireAt } = lateClock();
    const linked = linkDeadline(clock, 100, undefined, late);
    fireAt(5_000);
    linked[Symbol.dispose](); // the answer was read
    await new Promise(setImmediate);
    expect(linked.aborted).toBe(false);
  });

  test("whose timer is as late as a busy loop makes it aborts at once", () => {
    const { clock, fireAt } = lateClock();
    using linked = linkDeadline(clock, 100, undefined, late);
    fireAt(199);
    expect(linked.aborted).toBe(true);
  });

  const late = () => new GatewayError("deadline_exceeded", "Too late");

  test("aborts when the time is over, with the error made for it", async () => {
    const clock = new ManualClock();
    using linked = linkDeadline(clock, 100, undefined, late);
    await clock.advance(99);
    expect(linked.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(linked.signal.reason).toMatchObject({ code: "deadline_exceeded" });
  });

  test("aborts with its parent and by itself as any linked signal", () => {
    const parent = new AbortController();
    using followed = linkDeadline(new ManualClock(), 100, parent.signal, late);
    using own = linkDeadline(new ManualClock(), 100, undefined, late);
    parent.abort(reason);
    own.abort(reason);
    expect([followed.signal.reason, own.signal.reason]).toEqual([reason, reason]);
  });

  test("leaves no timer and no listener once disposed", () => {
    const clock = new ManualClock();
    const parent = new AbortController();
    linkDeadline(clock, 100, parent.signal, late)[Symbol.dispose]();
    expect(clock.waiting).toBe(0);
    expect(listenersOf(parent.signal)).toBe(0);
  });
});

describe("abandonOnAbort()", () => {
  test("gives what the work gives, and leaves nothing on the signal", async () => {
    const { signal } = new AbortController();
    const work = gate<string>();
    const waiting = abandonOnAbort(work.promise, signal);
    expect(listenersOf(signal)).toBe(1);
    work.open("done");
    expect(await waiting).toBe("done");
    await settle();
    expect(listenersOf(signal)).toBe(0);
  });

  test("fails as the work fails", async () => {
    const { signal } = new AbortController();
    const failure = new TypeError("x is not a function");
    await expect(abandonOnAbort(Promise.reject(failure), signal)).rejects.toBe(failure);
  });

  test.each([
    { what: "while it waits", early: false },
    { what: "before it began to wait", early: true },
  ])("waits no longer when the signal aborts $what", async ({ early }) => {
    const caller = new AbortController();
    if (early) caller.abort(reason);
    const waiting = abandonOnAbort(new Promise(() => {}), caller.signal);
    caller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(listenersOf(caller.signal)).toBe(0);
  });

  test("does not listen to a signal that has aborted", async () => {
    const aborted = AbortSignal.abort(reason);
    const waiting = abandonOnAbort(new Promise(() => {}), aborted);
    expect(listenersOf(aborted)).toBe(0);
    await expect(waiting).rejects.toBe(reason);
  });

  test("makes a GatewayError of whatever the signal aborted with", async () => {
    await expect(abandonOnAbort(new Promise(() => {}), AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  });

  test("a late failure of abandoned work is nobody's", async () => {
    const work = gate<void>();
    const waiting = abandonOnAbort(work.promise, AbortSignal.abort(reason));
    await expect(waiting).rejects.toBe(reason);
    work.fail(new Error("too late to matter"));
    await settle(); // an unhandled rejection here would fail the run
  });
});
