import type { BackendRunner } from "../../lifecycle/backend-runner.ts";
import type { CallContext, CallDone, CallFilter, CallHandler, ToolCall } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { Permit } from "../../resilience/circuit-breaker.ts";
import { type AttemptFacts, outcomeOf, SLOW_CALL_MS } from "../../resilience/outcome.ts";
import type { Clock } from "../../time/clock.ts";
import type { Guard, Guards } from "../guards.ts";
import type { Router } from "../router.ts";
import { type Attempted, attemptFacts } from "./attempt-facts.ts";

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
    if (ending instanceof GatewayError) settle(guard, permit, ending, factsOf(deps, runner, ctx, deps.sendMs(call)));
    else settle(guard, permit, "answer", NO_FACTS);
    done(ending);
  });

/**
 * What a failed attempt tells besides its error. One death ends many calls at once and has a memory of its own, the start backoff: it must
 * not open the circuit too.
 */
export function factsOf(
  { router, clock }: Pick<BreakerFilterDeps, "router" | "clock">,
  runner: BackendRunner,
  attempted: Attempted,
  sendMs: number,
): AttemptFacts {
  const stopping = router.find(runner.spec.id) !== runner || runner.state.name === "draining";
  return { ...attemptFacts(attempted, clock, sendMs), stopping, spared: runner.hasSpare };
}

/** What there is to say of an attempt that was answered. */
export const NO_FACTS: AttemptFacts = { silentMs: 0, slowCallMs: SLOW_CALL_MS };

/** Tells a guard what came of an attempt. */
export function settle({ breaker, budget }: Guard, permit: Permit, result: "answer" | GatewayError, facts: AttemptFacts): void {
  const outcome = outcomeOf(result, facts);
  breaker.settle(permit, outcome);
  budget.note(outcome);
}

/** Why a backend is not asked for now. */
export const circuitOpen = (backend: string, { breaker: { retryAfterMs } }: Guard): GatewayError =>
  new GatewayError("circuit_open", `"${backend}" has stopped answering, so calls are not sent to it for now`, {
    backend,
    retryAfterMs,
    hint: "Sallyport asks it by itself whether it is back; use another server, or see status with this server",
  });
