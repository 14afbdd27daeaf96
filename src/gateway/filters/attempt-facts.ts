import type { BackendRunner } from "../../lifecycle/backend-runner.ts";
import type { CallContext } from "../../model/call.ts";
import { type AttemptFacts, SLOW_CALL_MS } from "../../resilience/outcome.ts";
import type { Clock } from "../../time/clock.ts";
import type { Router } from "../router.ts";

/** What is known of whoever made the attempt, and of how it went. */
export type Attempted = Pick<CallContext, "notes" | "timeoutMs">;

/** What an attempt that has just ended tells besides its error; `sendMs` is how long the registry lets the backend take. */
export function attemptFacts({ notes, timeoutMs }: Attempted, clock: Clock, sendMs: number): AttemptFacts {
  const { sentAt, heardAt } = notes;
  return {
    silentMs: sentAt === undefined ? 0 : clock.now() - Math.max(sentAt, heardAt ?? sentAt), // an earlier attempt may have been heard
    slowCallMs: Math.min(SLOW_CALL_MS, sendMs),
    callerDeadlineMs: timeoutMs,
  };
}

/**
 * What a failed attempt tells besides its error. One death ends many calls at once and has a memory of its own, the start backoff: it must
 * not open the circuit too.
 */
export function factsOf(
  { router, clock }: { readonly router: Router; readonly clock: Clock },
  runner: BackendRunner,
  attempted: Attempted,
  sendMs: number,
): AttemptFacts {
  const stopping = router.find(runner.spec.id) !== runner || runner.state.name === "draining";
  return { ...attemptFacts(attempted, clock, sendMs), stopping, spared: runner.hasSpare };
}

/** What there is to say of an attempt that was answered. */
export const NO_FACTS: AttemptFacts = { silentMs: 0, slowCallMs: SLOW_CALL_MS };
