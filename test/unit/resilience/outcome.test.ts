import { describe, expect, test } from "vitest";
import { type ErrorCode, type ErrorContext, GatewayError } from "../../../src/model/errors.ts";
import { type AttemptFacts, type Outcome, outcomeOf, probeOutcomeOf, SLOW_CALL_MS } from "../../../src/resilience/outcome.ts";

const error = (code: ErrorCode, context: ErrorContext = {}) => new GatewayError(code, "any text", context);
const rpc = { code: -32601, message: "Method not found" };

interface Row {
  readonly what: string;
  readonly error: GatewayError;
  readonly facts?: Partial<AttemptFacts>;
  readonly call: Outcome;
  /** Only where it differs from a call's. */
  readonly probe?: Outcome;
}

const ROWS: readonly Row[] = [
  { what: "connection refused", error: error("unavailable", { outcome: "not_executed" }), call: "fail" },
  { what: "connection reset", error: error("unavailable"), call: "fail" },
  { what: "HTTP 500", error: error("unavailable", { httpStatus: 500 }), call: "fail" },
  { what: "HTTP 500 with Retry-After", error: error("unavailable", { httpStatus: 500, retryAfterMs: 1_000 }), call: "fail" },
  { what: "HTTP 500 with a JSON-RPC error", error: error("unavailable", { httpStatus: 500, rpc }), call: "fail" },
  { what: "HTTP 503 alone", error: error("unavailable", { httpStatus: 503 }), call: "fail" },
  { what: "HTTP 503 with Retry-After", error: error("unavailable", { httpStatus: 503, retryAfterMs: 1_000 }), call: "ignore" },
  { what: "HTTP 503 with Retry-After: 0", error: error("unavailable", { httpStatus: 503, retryAfterMs: 0 }), call: "ignore" },
  { what: "HTTP 429", error: error("unavailable", { httpStatus: 429 }), call: "ignore" },
  { what: "HTTP 429 with Retry-After", error: error("unavailable", { httpStatus: 429, retryAfterMs: 9_000 }), call: "ignore" },
  { what: "a broken answer", error: error("upstream_protocol"), call: "fail" },
  { what: "an answer larger than we take", error: error("answer_over_limit"), call: "ignore", probe: "fail" },
  { what: "a JSON-RPC error", error: error("upstream_rejected", { rpc }), call: "ok" },
  { what: "a refusal without any error of its own", error: error("upstream_rejected"), call: "ignore", probe: "ok" },
  {
    what: "HTTP 404 without an answer to our id",
    error: error("upstream_rejected", { httpStatus: 404 }),
    call: "ignore",
    probe: "ok",
  },
  {
    what: "HTTP 404 with an error for another id",
    error: error("upstream_rejected", { httpStatus: 404, rpc }),
    call: "ignore",
    probe: "ok",
  },
  { what: "HTTP 401", error: error("upstream_rejected", { httpStatus: 401 }), call: "ignore", probe: "ok" },
  { what: "HTTP 403", error: error("upstream_rejected", { httpStatus: 403, rpc }), call: "ignore", probe: "ok" },
  { what: "a redirect", error: error("upstream_rejected", { httpStatus: 307 }), call: "ignore", probe: "ok" },
  { what: "silence up to the deadline", error: error("deadline_exceeded"), call: "fail" },
  {
    what: "silence just long enough",
    error: error("deadline_exceeded"),
    facts: { silentMs: SLOW_CALL_MS },
    call: "fail",
  },
  {
    what: "silence a little too short",
    error: error("deadline_exceeded"),
    facts: { silentMs: SLOW_CALL_MS - 1 },
    call: "ignore",
    probe: "fail",
  },
  {
    what: "silence up to a limit the registry sets shorter",
    error: error("deadline_exceeded"),
    facts: { silentMs: 2_000, slowCallMs: 2_000 },
    call: "fail",
  },
  {
    what: "an impatient caller",
    error: error("deadline_exceeded"),
    facts: { callerDeadlineMs: SLOW_CALL_MS - 1 },
    call: "ignore",
    probe: "fail",
  },
  { what: "a patient caller", error: error("deadline_exceeded"), facts: { callerDeadlineMs: SLOW_CALL_MS }, call: "fail" },
  {
    what: "a deadline in the queue or the start",
    error: error("deadline_exceeded", { outcome: "not_executed" }),
    call: "ignore",
    probe: "fail",
  },
  { what: "a failed start", error: error("start_failed"), call: "ignore" },
  { what: "a cancelled call", error: error("cancelled"), call: "ignore" },
  { what: "local shedding", error: error("resource_exhausted"), call: "ignore" },
  { what: "an open circuit", error: error("circuit_open"), call: "ignore" },
  { what: "our shutdown", error: error("shutting_down"), call: "ignore" },
  { what: "our own fault", error: error("internal"), call: "ignore" },
  { what: "a bad argument", error: error("invalid_argument"), call: "ignore" },
  { what: "an unknown tool", error: error("not_found"), call: "ignore" },
  { what: "a missing value", error: error("needs_config"), call: "ignore" },
  { what: "a denied call", error: error("permission_denied"), call: "ignore" },
];

const HUNG: AttemptFacts = { silentMs: 45_000, slowCallMs: SLOW_CALL_MS };

describe("outcomeOf()", () => {
  test("an answer is ok, whatever the answer says", () => {
    expect(outcomeOf("answer", HUNG)).toBe("ok");
    expect(outcomeOf("answer", { ...HUNG, stopping: true })).toBe("ok");
  });

  test.each(ROWS)("$what is $call", (row) => {
    expect(outcomeOf(row.error, { ...HUNG, ...row.facts })).toBe(row.call);
  });

  test.each(ROWS)("$what says nothing while we are closing the connection ourselves", (row) => {
    expect(outcomeOf(row.error, { ...HUNG, ...row.facts, stopping: true })).toBe("ignore");
  });
});

test.each(ROWS)("$what fails no backend of which another replica can serve", (row) => {
  const facts = { ...HUNG, ...row.facts, spared: true };
  expect(outcomeOf(row.error, facts)).toBe(row.call === "fail" ? "ignore" : row.call);
});

describe("probeOutcomeOf()", () => {
  test.each(ROWS)("a probe that meets $what: any answer below 500 is good, silence is bad", (row) => {
    expect(probeOutcomeOf(row.error)).toBe(row.probe ?? row.call);
  });
});
