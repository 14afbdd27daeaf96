import type { CallContext, CallDone, CallFilter, CallHandler, ToolCall } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { Trial } from "../../resilience/pushback.ts";
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
    const attempt = { router, clock, next, guard: guards.of(runner), call, ctx, done };
    tryOnce(attempt, (ending) => {
      if (ending instanceof GatewayError) tryAgain(attempt, ending);
      else done(ending);
    });
  };

interface Attempt {
  readonly router: Router;
  readonly clock: Clock;
  readonly next: CallHandler;
  readonly guard: Guard;
  readonly call: ToolCall;
  readonly ctx: CallContext;
  readonly done: CallDone;
}

/** The second and last attempt, if there may be one. */
function tryAgain(attempt: Attempt, error: GatewayError): void {
  const { router, clock, guard, call, ctx, done } = attempt;
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
      tryOnce(attempt, (second) =>
        end(second instanceof GatewayError ? withRetryAdvice(truthAbout(error, second), trusted) : second),
      ),
    (reason: unknown) => end(GatewayError.from(reason, ctx.signal)),
  );
}

/** One attempt, of which the guard hears how long an answer took, and whether fewer requests were asked for. */
function tryOnce(attempt: Attempt, end: CallDone): void {
  const { guard, ctx } = attempt;
  if (guard.pushback.isOpen) begin(attempt, end);
  else
    guard.pushback.pass(ctx).then(
      (trial) => begin(attempt, end, trial),
      (reason: unknown) => end(GatewayError.from(reason, ctx.signal)),
    );
}

function begin({ guard, clock, next, call, ctx }: Attempt, end: CallDone, trial?: Trial): void {
  const began = clock.now();
  next(call, ctx, (ending) => {
    const isError = ending instanceof GatewayError;
    if (isError || trial) guard.pushback.settle(isError ? ending : "answer", trial);
    if (!isError) guard.usual.note(clock.now() - began);
    end(ending);
  });
}

/** A second attempt that never ran says nothing about the first one, which may have. */
const truthAbout = (first: GatewayError, last: GatewayError): GatewayError =>
  last.outcome === "not_executed" && first.outcome !== "not_executed" ? first.with({ retryAfterMs: last.retryAfterMs }) : last;

function isTrusted(router: Router, { ref }: ToolCall): boolean {
  const spec = router.find(ref.backend)?.spec; // a reload may have removed it meanwhile
  const descriptor = router.descriptor(ref);
  return spec !== undefined && descriptor !== undefined && isTrustedIdempotent(spec, descriptor);
}
