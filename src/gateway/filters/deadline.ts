import type { CallContext, CallFilter } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { Signal } from "../../model/signal.ts";
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
    next(call, under(linked, ctx), (ending) => {
      linked[Symbol.dispose]();
      done(ending);
    });
  };

/** Every member, so that none is forgotten that may be absent. */
type Whole<T> = { [K in keyof Required<T>]: T[K] };

/** The same context with another signal; written out, for a spread shows in the time of a call. */
const under = (signal: Signal, ctx: CallContext): Whole<CallContext> => ({
  id: ctx.id,
  signal,
  deadline: ctx.deadline,
  timeoutMs: ctx.timeoutMs,
  notes: ctx.notes,
  onProgress: ctx.onProgress,
  fresh: ctx.fresh,
  maxTokens: ctx.maxTokens,
  siblings: ctx.siblings,
  takesRaw: ctx.takesRaw,
  hostCapabilities: ctx.hostCapabilities,
  meta: ctx.meta,
  askHost: ctx.askHost,
  log: ctx.log,
});
