import type { CallContext, CallDone, CallFilter, CallHandler, ToolCall } from "../../model/call.ts";
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
  (call, ctx, done) => {
    const runner = router.usableOrRefusal(call.ref.backend);
    if (runner instanceof GatewayError) {
      done(runner);
      return;
    }
    const guard = guards.of(runner);
    tryOnce(guard, clock, next, call, ctx, (ending) => {
      if (ending instanceof GatewayError) tryAgain({ router, clock, next, guard, call, ctx, done }, ending);
      else done(ending);
    });
  };

interface FailedAttempt {
  readonly router: Router;
  readonly clock: Clock;
  readonly next: CallHandler;
  readonly guard: Guard;
  readonly call: ToolCall;
  readonly ctx: CallContext;
  readonly done: CallDone;
}

/** The second and last attempt, if there may be one. */
function tryAgain({ router, clock, next, guard, call, ctx, done }: FailedAttempt, error: GatewayError): void {
  const trusted = isTrusted(router, call);
  const [remainingMs, expectedMs] = [ctx.deadline - clock.now(), guard.usual.ms];
  const waitMs = mayRetry(error, { trusted, remainingMs, expectedMs, attempts: 1 });
  const leave = waitMs === undefined ? undefined : guard.budget.tryTake(guard.bulkhead.inFlight);
  if (waitMs === undefined || !leave) {
    done(withRetryAdvice(error, trusted));
    return;
  }
  const end: CallDone = (ending) => {
    leave[Symbol.dispose]();
    done(ending);
  };
  sleep(clock, waitMs, ctx.signal).then(
    () =>
      tryOnce(guard, clock, next, call, ctx, (second) =>
        end(second instanceof GatewayError ? withRetryAdvice(truthAbout(error, second), trusted) : second),
      ),
    (reason: unknown) => end(GatewayError.from(reason, ctx.signal)),
  );
}

/** One attempt, of which the guard hears how long an answer took, and whether fewer requests were asked for. */
function tryOnce(guard: Guard, clock: Clock, next: CallHandler, call: ToolCall, ctx: CallContext, done: CallDone): void {
  const begin = (): void => {
    const began = clock.now();
    next(call, ctx, (ending) => {
      if (ending instanceof GatewayError) guard.pushback.note(ending);
      else guard.usual.note(clock.now() - began);
      done(ending);
    });
  };
  if (guard.pushback.closedForMs === 0) begin();
  else guard.pushback.pass(ctx).then(begin, (reason: unknown) => done(GatewayError.from(reason, ctx.signal)));
}

/** A second attempt that never ran says nothing about the first one, which may have. */
const truthAbout = (first: GatewayError, last: GatewayError): GatewayError =>
  last.outcome === "not_executed" && first.outcome !== "not_executed" ? first.with({ retryAfterMs: last.retryAfterMs }) : last;

function isTrusted(router: Router, { ref }: ToolCall): boolean {
  const spec = router.find(ref.backend)?.spec; // a reload may have removed it meanwhile
  const descriptor = router.descriptor(ref);
  return spec !== undefined && descriptor !== undefined && isTrustedIdempotent(spec, descriptor);
}
