import type { CallFilter } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import { formatMs } from "../../model/units.ts";
import type { Clock } from "../../time/clock.ts";
import { linkDeadline } from "../../time/linked-signal.ts";

/** Ends the call at its deadline, wherever it stands: in a queue, in a start, in the backend. */
export const deadline =
  (clock: Clock): CallFilter =>
  (next) =>
  (call, ctx, done) => {
    const now = clock.now();
    const ms = ctx.deadline - now;
    const expired = () =>
      new GatewayError("deadline_exceeded", `"${call.ref.backend}" did not answer "${call.ref.tool}" within ${formatMs(ms)}`, {
        backend: call.ref.backend,
        outcome: ctx.notes.attempts === undefined ? "not_executed" : "unknown",
        hint:
          ctx.notes.attempts === undefined
            ? "The server was still starting: call again in a moment, or see status with this server"
            : "The call may have run: verify its effect before you repeat it, or give timeoutMs",
      });
    const linked = linkDeadline(clock, ms, ctx.signal, expired, now);
    next(call, { ...ctx, signal: linked }, (ending) => {
      linked[Symbol.dispose]();
      done(ending);
    });
  };
