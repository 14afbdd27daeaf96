import type { ErrorCode, GatewayError } from "../model/errors.ts";

/**
 * What an attempt says about its backend: `ok` it answers, `fail` it kept us from an answer, `ignore` nothing either way.
 * A tool that failed is an answer.
 */
export type Outcome = "ok" | "fail" | "ignore";

/** What the error of an attempt does not tell by itself. */
export interface AttemptFacts {
  /** How long the backend had sent nothing when the attempt ended, counted from sending the request, in ms. */
  readonly silentMs: number;
  /** Silence that is held against the backend, in ms; no longer than the registry lets the call take. */
  readonly slowCallMs: number;
  /** The time limit the caller asked for, in ms; undefined if the registry's held. */
  readonly callerDeadlineMs?: number | undefined;
  /** We ourselves closed the connection under the call: stop, reload, shutdown. */
  readonly stopping?: boolean | undefined;
  /** Only one of several replicas failed and another can serve, so the failure says nothing about the backend as a whole. */
  readonly spared?: boolean | undefined;
}

/** Silence longer than this is a failure of the backend, not the impatience of its caller. */
export const SLOW_CALL_MS = 10_000;

type Judge = (error: GatewayError, facts: AttemptFacts) => Outcome;

const ignore: Judge = () => "ignore";
const fail: Judge = () => "fail";

/** One row for each error code; a new code does not compile without one. */
const JUDGES: Readonly<Record<ErrorCode, Judge>> = {
  invalid_argument: ignore,
  not_found: ignore,
  needs_config: ignore,
  permission_denied: ignore,
  cancelled: ignore,
  deadline_exceeded: (error, facts) => (wasHung(error, facts) ? "fail" : "ignore"),
  resource_exhausted: ignore,
  circuit_open: ignore,
  start_failed: ignore, // the start backoff has its own memory
  unavailable: (error) => (isPushback(error) ? "ignore" : "fail"),
  upstream_protocol: fail,
  answer_over_limit: ignore, // about that call: a backend that has much to say still answers the others
  upstream_rejected: (error) => (isRpcAnswer(error) ? "ok" : "ignore"),
  shutting_down: ignore,
  internal: ignore,
};

/** The outcome of one attempt, given as `"answer"` or as the error that took the answer's place. */
export function outcomeOf(result: "answer" | GatewayError, facts: AttemptFacts): Outcome {
  if (result === "answer") return "ok";
  if (facts.stopping) return "ignore";
  const outcome = JUDGES[result.code](result, facts);
  return outcome === "fail" && facts.spared ? "ignore" : outcome;
}

/**
 * The verdict of a health probe that threw. Unlike a call's, any refusal below HTTP 500 is good: it shows a backend that
 * answers, and a circuit that waits for more would hide its "401" from the people who can mend it.
 */
export function probeOutcomeOf(error: GatewayError): Outcome {
  if (error.code === "deadline_exceeded" || error.code === "answer_over_limit") return "fail"; // no probe asks for so much
  if (error.code === "upstream_rejected") return "ok";
  return JUDGES[error.code](error, { silentMs: 0, slowCallMs: SLOW_CALL_MS });
}

/** Whether the backend asks for fewer requests: HTTP 429, or 503 with Retry-After. */
export const isPushback = ({ httpStatus, retryAfterMs }: GatewayError): boolean =>
  httpStatus === 429 || (httpStatus === 503 && retryAfterMs !== undefined);

/** Whether a JSON-RPC error answers our very request; transports name the HTTP status only where it does not. */
const isRpcAnswer = ({ rpc, httpStatus }: GatewayError): boolean => rpc !== undefined && httpStatus === undefined;

function wasHung(error: GatewayError, { silentMs, slowCallMs, callerDeadlineMs }: AttemptFacts): boolean {
  if (error.outcome === "not_executed") return false; // it was still waiting for its turn or for the start
  if (callerDeadlineMs !== undefined && callerDeadlineMs < slowCallMs) return false;
  return silentMs >= slowCallMs;
}
