import type { BackendRunner } from "../../lifecycle/backend-runner.ts";
import type { CallContext, CallDone, CallFilter, CallHandler, ToolCall } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { Permit } from "../../resilience/circuit-breaker.ts";
import type { Clock } from "../../time/clock.ts";
import { circuitOpen, type Guard, type Guards, settleAttempt } from "../guards.ts";
import type { Router } from "../router.ts";
import { factsOf, NO_FACTS } from "./attempt-facts.ts";

export interface BreakerFilterDeps {
  readonly router: Router;
  readonly guards: Guards;
  readonly clock: Clock;
  /** How long the registry lets the backend take for this tool, in ms. */
  readonly sendMs: (call: ToolCall) => number;
}

/** Fails at once while the backend is known not to answer, and tells its breaker what came of every attempt. */
export const breaker = (deps: BreakerFilterDeps): CallFilter => {
  const { router, guards } = deps;
  return (next) => (call, ctx, done) => {
    const runner = router.usableOrRefusal(call.ref.backend);
    if (runner instanceof GatewayError) {
      done(runner);
      return;
    }
    const guard = guards.of(runner);
    const passage = { deps, guard, runner, next, call, ctx, done };
    const permit = guard.breaker.admit();
    if (permit) pass(passage, permit);
    else
      guard.breaker.awaitVerdict(ctx.signal).then(
        (late) => (late ? pass(passage, late) : done(circuitOpen(call.ref.backend, guard))),
        (reason: unknown) => done(GatewayError.from(reason, ctx.signal)),
      );
  };
};

interface Passage {
  readonly deps: BreakerFilterDeps;
  readonly guard: Guard;
  readonly runner: BackendRunner;
  readonly next: CallHandler;
  readonly call: ToolCall;
  readonly ctx: CallContext;
  readonly done: CallDone;
}

const pass = ({ deps, guard, runner, next, call, ctx, done }: Passage, permit: Permit): void =>
  next(call, ctx, (ending) => {
    if (ending instanceof GatewayError) settleAttempt(guard, permit, ending, factsOf(deps, runner, ctx, deps.sendMs(call)));
    else settleAttempt(guard, permit, "answer", NO_FACTS);
    done(ending);
  });
