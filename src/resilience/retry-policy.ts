import { GatewayError } from "../model/errors.ts";
import { isPushback } from "./outcome.ts";

const MAX_ATTEMPTS = 2;
const JITTER = { minMs: 50, maxMs: 1_000 };
const VERIFY = "The call may have run: verify its effect before you repeat it";

/** What the decision depends on besides the error. */
export interface RetryFacts {
  /** Whether the registry vouches that the tool may run twice: read-only or idempotent. */
  readonly trusted: boolean;
  /** Until the call's deadline. */
  readonly remainingMs: number;
  /** How long an attempt usually takes. */
  readonly expectedMs: number;
  /** Attempts made so far. */
  readonly attempts: number;
  /** From 0 up to, not including, 1. */
  readonly random?: () => number;
}

/**
 * How long to wait before the same call is sent once more, in ms; undefined if it must not be. Calls that were never written or
 * that the backend refused unread may go again whatever they do; after the first byte only those the registry trusts. Full
 * jitter, on top of Retry-After where there is one; only if an attempt of the usual length still fits.
 */
export function mayRetry(error: GatewayError, facts: RetryFacts): number | undefined {
  if (error.traits.retry !== "unsent" || facts.attempts >= MAX_ATTEMPTS) return undefined;
  if (error.outcome !== "not_executed" && !facts.trusted) return undefined;
  const random = facts.random ?? Math.random;
  const jitterMs = JITTER.minMs + random() * (JITTER.maxMs - JITTER.minMs);
  const waitMs = jitterMs + (isPushback(error) ? (error.retryAfterMs ?? 0) : 0);
  return waitMs + facts.expectedMs < facts.remainingMs ? waitMs : undefined;
}

/** The error as its caller is to read it: where nobody knows whether the call ran, it says to verify before repeating. */
export function withRetryAdvice(error: GatewayError, trusted: boolean): GatewayError {
  if (error.outcome !== "unknown" || error.code === "cancelled" || trusted || error.hint?.startsWith(VERIFY)) return error;
  const { code, message, backend, retryAfterMs, outcome, httpStatus, rpc, cause } = error;
  const hint = error.hint === undefined ? VERIFY : `${VERIFY}. ${error.hint}`;
  return new GatewayError(code, message, { backend, retryAfterMs, outcome, hint, httpStatus, rpc, cause });
}
