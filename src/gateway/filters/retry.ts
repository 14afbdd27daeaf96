import type { CallContext, CallFilter, CallHandler, ToolAnswer, ToolCall } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import { mayRetry, withRetryAdvice } from "../../resilience/retry-policy.ts";
import { isTrustedIdempotent } from "../../security/policy.ts";
import { type Clock, sleep } from "../../time/clock.ts";
import type { Guard, Guards } from "../guards.ts";
import type { Router } from "../router.ts";

/** Sends a call once more where that can do no harm: never written, refused unread, or vouched for by the registry. */
export const retry =
  (router: Router, guards: Guards, clock: Clock): CallFilter =>
  (next) =>
  async (call, ctx) => {
    const guard = guards.of(router.usable(call.ref.backend));
    try {
      return await tryOnce(guard, clock, next, call, ctx);
    } catch (reason) {
      const error = GatewayError.from(reason, ctx.signal);
      const trusted = isTrusted(router, call);
      const [remainingMs, expectedMs] = [ctx.deadline - clock.now(), guard.usual.ms];
      const waitMs = mayRetry(error, { trusted, remainingMs, expectedMs, attempts: 1 });
      using leave = waitMs === undefined ? undefined : guard.budget.tryTake(guard.bulkhead.inFlight);
      if (waitMs === undefined || !leave) throw withRetryAdvice(error, trusted);
      await sleep(clock, waitMs, ctx.signal);
      try {
        return await tryOnce(guard, clock, next, call, ctx);
      } catch (second) {
        throw withRetryAdvice(truthAbout(error, GatewayError.from(second, ctx.signal)), trusted);
      }
    }
  };

/** One attempt, of which the guard hears how long an answer took, and whether fewer requests were asked for. */
async function tryOnce(guard: Guard, clock: Clock, next: CallHandler, call: ToolCall, ctx: CallContext): Promise<ToolAnswer> {
  if (guard.pushback.closedForMs > 0) await guard.pushback.pass(ctx);
  const began = clock.now();
  try {
    const result = await next(call, ctx);
    guard.usual.note(clock.now() - began);
    return result;
  } catch (reason) {
    const error = GatewayError.from(reason, ctx.signal);
    guard.pushback.note(error);
    throw error;
  }
}

/** A second attempt that never ran says nothing about the first one, which may have. */
const truthAbout = (first: GatewayError, last: GatewayError): GatewayError =>
  last.outcome === "not_executed" && first.outcome !== "not_executed" ? first.with({ retryAfterMs: last.retryAfterMs }) : last;

function isTrusted(router: Router, { ref }: ToolCall): boolean {
  const spec = router.find(ref.backend)?.spec; // a reload may have removed it meanwhile
  const descriptor = router.descriptor(ref);
  return spec !== undefined && descriptor !== undefined && isTrustedIdempotent(spec, descriptor);
}
