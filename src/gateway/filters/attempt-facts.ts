import type { CallContext } from "../../model/call.ts";
import { type AttemptFacts, SLOW_CALL_MS } from "../../resilience/outcome.ts";
import type { Clock } from "../../time/clock.ts";

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
