import type { CallContext, CallFilter, ToolCall } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { CallRecord, Observer } from "../../model/ports.ts";
import type { Clock } from "../../time/clock.ts";

/** Outermost: exactly one record per call, also for refusals. */
export const observe =
  (observer: Observer, clock: Clock): CallFilter =>
  (next) =>
  async (call, ctx) => {
    const began = clock.now();
    try {
      const result = await next(call, ctx);
      observer.callFinished(record(call, ctx, began, clock.now(), result["isError"] === true ? "tool_error" : "ok"));
      return result;
    } catch (reason) {
      const error = GatewayError.from(reason, ctx.signal);
      observer.callFinished(record(call, ctx, began, clock.now(), error.code, error.outcome));
      throw error;
    }
  };

const record = (
  { ref }: ToolCall,
  { id, notes }: CallContext,
  began: number,
  endedAt: number,
  code: CallRecord["code"],
  outcome?: CallRecord["outcome"],
): CallRecord => ({ id, ref, notes, ms: endedAt - began, endedAt, code, outcome });
