import type { CallFilter } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { Observer } from "../../model/ports.ts";
import type { Clock } from "../../time/clock.ts";

/** Outermost: exactly one record per call, also for refusals. */
export const observe =
  (observer: Observer, clock: Clock): CallFilter =>
  (next) =>
  async (call, ctx) => {
    const began = clock.now();
    const record = { id: ctx.id, ref: call.ref, notes: ctx.notes };
    try {
      const result = await next(call, ctx);
      observer.callFinished({ ...record, ms: clock.now() - began, code: result["isError"] === true ? "tool_error" : "ok" });
      return result;
    } catch (reason) {
      const error = GatewayError.from(reason, ctx.signal);
      observer.callFinished({ ...record, ms: clock.now() - began, code: error.code, outcome: error.outcome });
      throw error;
    }
  };
