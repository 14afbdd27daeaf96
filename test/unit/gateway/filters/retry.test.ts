import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { asPromise } from "../../../../src/gateway/call-endings.ts";
import { retry } from "../../../../src/gateway/filters/retry.ts";
import type { Guard, Guards } from "../../../../src/gateway/guards.ts";
import type { Router } from "../../../../src/gateway/router.ts";
import type { BackendRunner } from "../../../../src/lifecycle/backend-runner.ts";
import type { BackendSpec } from "../../../../src/model/backend-spec.ts";
import type { CallContext, ToolResult } from "../../../../src/model/call.ts";
import { type ErrorContext, GatewayError } from "../../../../src/model/errors.ts";
import { Pushback } from "../../../../src/resilience/pushback.ts";
import { RetryBudget } from "../../../../src/resilience/retry-budget.ts";
import { UsualTime } from "../../../../src/resilience/usual-time.ts";
import { makeSpec } from "../../../support/fake-backend.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { handlerOf } from "./one-call.ts";

const JITTER_MS = 525; // with the dice in the middle
const VERIFY = "The call may have run: verify its effect before you repeat it";
const DONE: ToolResult = { content: [] };
const REF = { backend: "git", tool: "log" };
const IDEMPOTENT = { ref: REF, definition: { annotations: { idempotentHint: true } }, digest: "d" };

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.5));
afterEach(() => void vi.restoreAllMocks());

const lost = (context: ErrorContext = {}): GatewayError => new GatewayError("unavailable", "Hung up", context);
const unsent = (context: ErrorContext = {}): GatewayError => lost({ outcome: "not_executed", ...context });

interface Setting {
  readonly spec?: Partial<BackendSpec>;
  /** Whether its definition is known, which says that it may be sent twice. */
  readonly known?: boolean;
  readonly inFlight?: number;
}

/** The filter before attempts that end as the test says, one after the other; each takes 100 ms. */
function place({ spec = {}, known = true, inFlight = 1 }: Setting = {}) {
  const clock = new ManualClock();
  const runner = { spec: makeSpec({ id: "git", ...spec }) } as BackendRunner;
  const served = { runner: runner as BackendRunner | undefined };
  const guard = {
    bulkhead: { inFlight },
    budget: new RetryBudget(),
    pushback: new Pushback("git", clock),
    usual: new UsualTime(),
  } as Guard;
  const router = { usableOrRefusal: () => runner, find: () => served.runner, descriptor: () => (known ? IDEMPOTENT : undefined) };
  const begun: number[] = [];
  const caller = new AbortController();
  const context: CallContext = { id: 1, notes: {}, signal: caller.signal, deadline: 30_000 };
  const send = (...ends: readonly (GatewayError | ToolResult)[]) => {
    const filter = retry(router as unknown as Router, { of: () => guard } as unknown as Guards, clock);
    const handler = filter(
      handlerOf(async () => {
        begun.push(clock.now());
        const end = ends[begun.length - 1];
        await new Promise<void>((resolve) => void clock.after(100, resolve));
        if (end === undefined || end instanceof GatewayError) throw end;
        return end;
      }),
    );
    return asPromise(handler, { ref: REF, args: {} }, context).catch((error: unknown) => error as GatewayError);
  };
  return { clock, served, guard, begun, caller, send };
}

const trusting = { spec: { trustAnnotations: true } };

test("an answer is given as it came, and the guard hears how long it took", async () => {
  const { clock, guard, begun, send } = place();
  const told = send(DONE);
  await clock.advance(100);
  expect(await told).toBe(DONE);
  expect(begun).toEqual([0]);
  expect(guard.usual.ms).toBe(100);
});

test("a call that was never written is sent once more after a moment", async () => {
  const { clock, guard, begun, send } = place();
  const told = send(unsent(), DONE);
  await clock.advance(100 + JITTER_MS);
  expect(guard.budget.underWay).toBe(1);
  await clock.advance(100);
  expect(await told).toBe(DONE);
  expect(begun).toEqual([0, 100 + JITTER_MS]);
  expect(guard.budget.underWay).toBe(0);
  expect(guard.usual.ms).toBe(100); // of the second alone
});

test("it is not sent a third time, and its caller reads what came of the second", async () => {
  const { clock, begun, send } = place();
  const second = unsent();
  const told = send(unsent(), second, DONE);
  await clock.advance(60_000);
  expect(await told).toBe(second);
  expect(begun).toHaveLength(2);
});

test("a call that may have run is sent once more only where the registry vouches for it", async () => {
  const trusted = place(trusting);
  const told = trusted.send(lost(), DONE);
  await trusted.clock.advance(60_000);
  expect(await told).toBe(DONE);
});

test.each<{ what: string; setting: Setting; gone?: boolean }>([
  { what: "the registry does not vouch", setting: {} },
  { what: "the definition is not known", setting: { ...trusting, known: false } },
  { what: "the server has left the registry meanwhile", setting: trusting, gone: true },
])("a call that may have run is not sent again where $what, and its caller is to verify", async ({ setting, gone }) => {
  const { clock, served, begun, send } = place(setting);
  const told = send(lost(), DONE);
  if (gone) served.runner = undefined;
  await clock.advance(60_000);
  expect(await told).toMatchObject({ code: "unavailable", hint: VERIFY });
  expect(begun).toHaveLength(1);
});

test("nothing is sent again once the budget is spent", async () => {
  const { clock, guard, begun, send } = place();
  for (let fail = 0; fail < 5; fail += 1) guard.budget.note("fail");
  const first = unsent();
  const told = send(first, DONE);
  await clock.advance(60_000);
  expect(await told).toBe(first);
  expect(begun).toHaveLength(1);
});

test("the more calls are in flight, the more may be sent again at the same time", async () => {
  const { guard, clock, begun, send } = place({ inFlight: 20 });
  for (let other = 0; other < 3; other += 1) guard.budget.tryTake(20);
  const told = send(unsent(), DONE);
  await clock.advance(60_000);
  expect(await told).toBe(DONE);
  expect(begun).toHaveLength(2);
});

test("nothing is sent again when the usual answer leaves no time for it", async () => {
  const { clock, guard, begun, send } = place();
  guard.usual.note(30_000);
  const told = send(unsent(), DONE);
  await clock.advance(60_000);
  expect(await told).toMatchObject({ code: "unavailable" });
  expect(begun).toHaveLength(1);
});

test("nothing is sent again when the first attempt has used up the time", async () => {
  const { clock, guard, begun, send } = place();
  guard.usual.note(29_400);
  const told = send(unsent(), DONE);
  await clock.advance(60_000);
  expect(await told).toMatchObject({ code: "unavailable" });
  expect(begun).toHaveLength(1);
});

test("a caller who leaves between the attempts hears its own reason, and nothing is sent again", async () => {
  const { clock, guard, begun, caller, send } = place();
  const told = send(unsent(), DONE);
  await clock.advance(200);
  caller.abort(new GatewayError("cancelled", "Call cancelled"));
  expect(await told).toMatchObject({ code: "cancelled" });
  expect(begun).toHaveLength(1);
  expect(guard.budget.underWay).toBe(0);
  expect(clock.waiting).toBe(0);
});

test("a server that asks for fewer requests gets none until it opens", async () => {
  const { clock, begun, send } = place();
  const told = send(unsent({ httpStatus: 429, retryAfterMs: 2_000 }), DONE);
  await clock.advance(60_000);
  expect(await told).toBe(DONE);
  expect(begun).toEqual([0, 100 + 2_000 + JITTER_MS]);
});

test("the first attempt waits, too, while the server asks for fewer requests", async () => {
  const { clock, guard, begun, send } = place();
  guard.pushback.settle(unsent({ httpStatus: 429, retryAfterMs: 2_000 }));
  const told = send(DONE);
  await clock.advance(2_100);
  expect(await told).toBe(DONE);
  expect(begun).toEqual([2_000]);
  expect(guard.usual.ms).toBe(100); // without the wait
});

test("of the calls that wait for such a server one goes first, and the others once it was answered", async () => {
  const { clock, guard, begun, send } = place();
  guard.pushback.settle(unsent({ httpStatus: 429, retryAfterMs: 2_000 }));
  const ends = [unsent({ httpStatus: 429, retryAfterMs: 3_000 }), DONE, DONE, DONE];
  const told = [1, 2, 3].map(() => send(...ends));
  await clock.advance(10_000);
  expect(await Promise.all(told)).toEqual([DONE, DONE, DONE]);
  const again = 2_100 + 3_000;
  expect(begun).toEqual([2_000, again, again + 100, again + JITTER_MS]);
  expect(guard.pushback.isOpen).toBe(true);
});

test("of two attempts that both may have run the second is told, and to verify", async () => {
  const { clock, send } = place({ spec: { trustAnnotations: false } });
  const told = send(unsent(), lost({ backend: "second" }));
  await clock.advance(60_000);
  expect(await told).toMatchObject({ backend: "second", outcome: "unknown", hint: VERIFY });
});

test("a second attempt that never ran hides nothing of a first one that may have", async () => {
  const { clock, send } = place(trusting);
  const told = send(lost({ backend: "first" }), unsent({ backend: "second", retryAfterMs: 700 }));
  await clock.advance(60_000);
  expect(await told).toMatchObject({ backend: "first", outcome: "unknown", retryAfterMs: 700 });
});

test("a second attempt that may have run is told although the first may have, too", async () => {
  const { clock, send } = place(trusting);
  const told = send(lost({ backend: "first" }), lost({ backend: "second" }));
  await clock.advance(60_000);
  expect(await told).toMatchObject({ backend: "second", outcome: "unknown" });
});

test("of two attempts that never ran the last is told", async () => {
  const { clock, send } = place();
  const told = send(unsent({ backend: "first" }), unsent({ backend: "second" }));
  await clock.advance(60_000);
  expect(await told).toMatchObject({ backend: "second", outcome: "not_executed" });
});
