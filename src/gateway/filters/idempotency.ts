import { createHash } from "node:crypto";
import type { CallFilter, ToolCall, ToolResult } from "../../model/call.ts";
import { canonicalJson } from "../../model/json.ts";
import { readResult } from "../../model/raw-result.ts";
import { formatToolRef } from "../../model/tool.ts";
import type { IdempotencyKeys } from "../../resilience/idempotency.ts";

/** The continuation of a call is part of it and not a repetition. */
const continues = ({ round }: ToolCall): boolean => round?.inputResponses !== undefined || round?.requestState !== undefined;

/** Runs a call that carries a key at most once: a repetition joins it or gets what came of it. */
export const idempotency =
  (keys: IdempotencyKeys<ToolResult>): CallFilter =>
  (next) =>
  (call, ctx) => {
    const key = call.idempotencyKey;
    if (key === undefined || continues(call)) return next(call, ctx);
    const fingerprint = createHash("sha256")
      .update(`${formatToolRef(call.ref)} ${canonicalJson(call.args)}`)
      .digest("hex");
    return keys.run({ key, fingerprint, signal: ctx.signal }, async (signal) =>
      readResult(await next(call, { ...ctx, signal, takesRaw: false })),
    );
  };
