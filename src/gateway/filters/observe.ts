import type { CallContext, CallEnding, CallFilter, ToolAnswer, ToolCall } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { CallRecord, Observer } from "../../model/ports.ts";
import { RawResult } from "../../model/raw-result.ts";
import type { Clock } from "../../time/clock.ts";

/** Outermost: exactly one record per call, also for refusals. */
export const observe =
  (observer: Observer, clock: Clock): CallFilter =>
  (next) =>
  (call, ctx, done) => {
    const began = clock.now();
    next(call, ctx, (ending) => {
      observer.callFinished(record(call, ctx, began, clock.now(), ending));
      done(ending);
    });
  };

const isToolError = (result: ToolAnswer): boolean => (result instanceof RawResult ? result.isError : result["isError"] === true);

function record({ ref }: ToolCall, { id, notes }: CallContext, began: number, endedAt: number, ending: CallEnding): CallRecord {
  const ms = endedAt - began;
  if (ending instanceof GatewayError) return { id, ref, notes, ms, endedAt, code: ending.code, outcome: ending.outcome };
  return { id, ref, notes, ms, endedAt, code: isToolError(ending) ? "tool_error" : "ok", outcome: undefined };
}
