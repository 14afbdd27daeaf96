import type { CallFilter, ToolCall } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { Permit } from "../../resilience/circuit-breaker.ts";
import { type AttemptFacts, outcomeOf, SLOW_CALL_MS } from "../../resilience/outcome.ts";
import type { Clock } from "../../time/clock.ts";
import type { Guard, Guards } from "../guards.ts";
import type { Router } from "../router.ts";
import { attemptFacts } from "./attempt-facts.ts";

export interface BreakerFilterDeps {
  readonly router: Router;
  readonly guards: Guards;
  readonly clock: Clock;
  /** How long the registry lets the backend take for this tool, in ms. */
  readonly sendMs: (call: ToolCall) => number;
}

/** Fails at once while the backend is known not to answer, and tells its breaker what came of every attempt. */
export const breaker =
  ({ router, guards, clock, sendMs }: BreakerFilterDeps): CallFilter =>
  (next) =>
  async (call, ctx) => {
    const runner = router.usable(call.ref.backend);
    const guard = guards.of(runner);
    const permit = guard.breaker.admit() ?? (await guard.breaker.awaitVerdict(ctx.signal)) ?? refuse(call, guard);
    try {
      const result = await next(call, ctx);
      settle(guard, permit, "answer", NO_FACTS);
      return result;
    } catch (reason) {
      const error = GatewayError.from(reason, ctx.signal);
      // one death ends many calls at once and has a memory of its own, the start backoff: it must not open the circuit too
      const stopping = router.find(call.ref.backend) !== runner || runner.state.name === "draining";
      settle(guard, permit, error, { ...attemptFacts(ctx, clock, sendMs(call)), stopping, spared: runner.hasSpare });
      throw error;
    }
  };

const NO_FACTS: AttemptFacts = { silentMs: 0, slowCallMs: SLOW_CALL_MS };

function settle({ breaker, budget }: Guard, permit: Permit, result: "answer" | GatewayError, facts: AttemptFacts): void {
  const outcome = outcomeOf(result, facts);
  breaker.settle(permit, outcome);
  budget.note(outcome);
}

function refuse({ ref }: ToolCall, { breaker: { retryAfterMs } }: Guard): never {
  throw new GatewayError("circuit_open", `"${ref.backend}" has stopped answering, so calls are not sent to it for now`, {
    backend: ref.backend,
    retryAfterMs,
    hint: "Sallyport asks it by itself whether it is back; use another server, or see status with this server",
  });
}
