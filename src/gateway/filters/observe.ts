import type { CallContext, CallFilter, ToolAnswer, ToolCall } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { CallRecord, Observer } from "../../model/ports.ts";
import { RawResult } from "../../model/raw-result.ts";
import type { Clock } from "../../time/clock.ts";

/** Outermost: exactly one record per call, also for refusals. */
export const observe =
  (observer: Observer, clock: Clock): CallFilter =>
  (next) =>
  async (call, ctx) => {
    const began = clock.now();
    try {
      const result = await next(call, ctx);
      observer.callFinished(record(call, ctx, began, clock.now(), isToolError(result) ? "tool_error" : "ok"));
      return result;
    } catch (reason) {
      const error = GatewayError.from(reason, ctx.signal);
      observer.callFinished(record(call, ctx, began, clock.now(), error.code, error.outcome));
      throw error;
    }
  };

const isToolError = (result: ToolAnswer): boolean => (result instanceof RawResult ? result.isError : result["isError"] === true);

const record = (
  { ref }: ToolCall,
  { id, notes }: CallContext,
  began: number,
  endedAt: number,
  code: CallRecord["code"],
  outcome?: CallRecord["outcome"],
): CallRecord => ({ id, ref, notes, ms: endedAt - began, endedAt, code, outcome });
