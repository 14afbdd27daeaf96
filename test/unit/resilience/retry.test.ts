import { describe, expect, test } from "vitest";
import { type ErrorCode, type ErrorContext, GatewayError } from "../../../src/model/errors.ts";
import { RetryBudget } from "../../../src/resilience/retry-budget.ts";
import { mayRetry, type RetryFacts, withRetryAdvice } from "../../../src/resilience/retry-policy.ts";

const error = (code: ErrorCode, context: ErrorContext = {}) => new GatewayError(code, "any text", context);
const FACTS: RetryFacts = { trusted: false, remainingMs: 30_000, expectedMs: 200, attempts: 1, random: () => 0.5 };
const HALFWAY = 525;

interface Row {
  readonly what: string;
  readonly error: GatewayError;
  readonly facts?: Partial<RetryFacts>;
  readonly waitMs: number | undefined;
}

const unsent = error("unavailable", { outcome: "not_executed" });
const pushedBack = (retryAfterMs?: number) => error("unavailable", { outcome: "not_executed", httpStatus: 429, retryAfterMs });

const ROWS: readonly Row[] = [
  { what: "A: a call that was never written", error: unsent, waitMs: HALFWAY },
  { what: "A: the soonest", error: unsent, facts: { random: () => 0 }, waitMs: 50 },
  { what: "A: the latest", error: unsent, facts: { random: () => 1 }, waitMs: 1_000 },
  { what: "A: when it has been tried twice", error: unsent, facts: { attempts: 2 }, waitMs: undefined },
  { what: "A: when another try just fits", error: unsent, facts: { remainingMs: 726 }, waitMs: HALFWAY },
  { what: "A: when another try just does not fit", error: unsent, facts: { remainingMs: 725 }, waitMs: undefined },
  { what: "B: a call refused with 429", error: pushedBack(), waitMs: HALFWAY },
  { what: "B: a call refused with 429 for 2 s", error: pushedBack(2_000), waitMs: 2_000 + HALFWAY },
  { what: "B: a call refused with 429 for longer than is left", error: pushedBack(30_000), waitMs: undefined },
  { what: "C: a connection lost after sending", error: error("unavailable"), waitMs: undefined },
  { what: "C: the same for a trusted tool", error: error("unavailable"), facts: { trusted: true }, waitMs: HALFWAY },
  { what: "C: 503 with Retry-After", error: error("unavailable", { httpStatus: 503, retryAfterMs: 1_000 }), waitMs: undefined },
  {
    what: "C: the same for a trusted tool",
    error: error("unavailable", { httpStatus: 503, retryAfterMs: 1_000 }),
    facts: { trusted: true },
    waitMs: 1_000 + HALFWAY,
  },
  {
    what: "C: 500 for a trusted tool, whose Retry-After means nothing",
    error: error("unavailable", { httpStatus: 500, retryAfterMs: 9_000 }),
    facts: { trusted: true },
    waitMs: HALFWAY,
  },
  { what: "a call known to have run", error: error("unavailable", { outcome: "executed" }), waitMs: undefined },
];

const NEVER: readonly ErrorCode[] = [
  "invalid_argument",
  "not_found",
  "needs_config",
  "permission_denied",
  "cancelled",
  "deadline_exceeded",
  "resource_exhausted",
  "circuit_open",
  "start_failed",
  "upstream_protocol",
  "answer_over_limit",
  "upstream_rejected",
  "shutting_down",
  "internal",
];

describe("mayRetry()", () => {
  test.each(ROWS)("$what: waits $waitMs", (row) => {
    expect(mayRetry(row.error, { ...FACTS, ...row.facts })).toBe(row.waitMs);
  });

  test.each(NEVER)("%s is not sent again by us, trusted and unsent though it be", (code) => {
    expect(mayRetry(error(code, { outcome: "not_executed" }), { ...FACTS, trusted: true })).toBeUndefined();
  });

  test("the dice are thrown between 50 ms and 1 s", () => {
    const waits = Array.from({ length: 200 }, () =>
      mayRetry(unsent, { trusted: false, remainingMs: 30_000, expectedMs: 0, attempts: 1 }),
    );
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(50);
      expect(wait).toBeLessThanOrEqual(1_000);
    }
    expect(new Set(waits).size).toBeGreaterThan(100);
  });
});

describe("withRetryAdvice()", () => {
  const VERIFY = "The call may have run: verify its effect before you repeat it";

  test("says to verify where nobody knows whether the call ran", () => {
    expect(withRetryAdvice(error("unavailable"), false).hint).toBe(VERIFY);
  });

  test("says so before any other hint and changes nothing else", () => {
    const cause = new Error("socket");
    const rpc = { code: 1, message: "no" };
    const facts: ErrorContext = { backend: "git", retryAfterMs: 5, hint: "See status", httpStatus: 500, rpc, cause };
    const before = error("unavailable", facts);
    const after = withRetryAdvice(before, false);
    expect(after).toMatchObject({
      ...facts,
      hint: `${VERIFY}. See status`,
      code: "unavailable",
      outcome: "unknown",
      message: "any text",
    });
    expect(after.cause).toBe(cause);
  });

  test.each([
    { what: "what is known not to have run", before: unsent, trusted: false },
    { what: "a trusted tool, which may simply be called again", before: error("unavailable"), trusted: true },
    { what: "a cancelled call, which nobody reads", before: error("cancelled"), trusted: false },
    {
      what: "a hint that says it already",
      before: error("deadline_exceeded", { hint: `${VERIFY}, or give timeoutMs` }),
      trusted: false,
    },
  ])("leaves alone $what", ({ before, trusted }) => {
    expect(withRetryAdvice(before, trusted)).toBe(before);
  });
});

describe("RetryBudget", () => {
  const takes = (budget: RetryBudget, inFlight: number): number => {
    let taken = 0;
    while (budget.tryTake(inFlight)) taken += 1;
    return taken;
  };

  test.each([
    { inFlight: 1, retries: 3 },
    { inFlight: 15, retries: 3 },
    { inFlight: 20, retries: 4 },
    { inFlight: 100, retries: 20 },
  ])("with $inFlight calls in flight $retries retries may be under way", ({ inFlight, retries }) => {
    const budget = new RetryBudget();
    expect(takes(budget, inFlight)).toBe(retries);
    expect(budget.underWay).toBe(retries);
  });

  test("a retry that has ended makes room for another", () => {
    const budget = new RetryBudget();
    const retry = budget.tryTake(1);
    takes(budget, 1);
    retry?.[Symbol.dispose]();
    expect(takes(budget, 1)).toBe(1);
  });

  test("is spent by the fifth failure, and half a token later there are retries again", () => {
    const budget = new RetryBudget();
    const fail = (times: number) => {
      for (let time = 0; time < times; time += 1) budget.note("fail");
    };
    fail(4);
    expect(takes(budget, 1)).toBe(3);
    fail(1);
    expect(takes(budget, 100)).toBe(0);
    budget.note("ignore");
    expect(takes(budget, 100)).toBe(0);
    budget.note("ok");
    expect(takes(budget, 100)).toBe(17);
  });

  test("has a floor and a ceiling", () => {
    const budget = new RetryBudget();
    for (let time = 0; time < 1_000; time += 1) budget.note("ok");
    for (let time = 0; time < 5; time += 1) budget.note("fail");
    expect(budget.tryTake(1)).toBeUndefined();
    for (let time = 0; time < 1_000; time += 1) budget.note("fail");
    for (let time = 0; time < 50; time += 1) budget.note("ok");
    expect(budget.tryTake(1)).toBeUndefined();
    budget.note("ok");
    expect(budget.tryTake(1)).toBeDefined();
  });
});
