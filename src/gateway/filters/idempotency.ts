import { hash } from "node:crypto";
import type { CallFilter, ToolCall, ToolResult } from "../../model/call.ts";
import { canonicalJson } from "../../model/json.ts";
import { readRaw } from "../../model/raw-result.ts";
import type { Signal } from "../../model/signal.ts";
import { formatToolRef } from "../../model/tool.ts";
import type { IdempotencyKeys } from "../../resilience/idempotency.ts";
import { asPromise, endWith } from "../call-endings.ts";

/** The continuation of a call is part of it and not a repetition. */
const continues = ({ round }: ToolCall): boolean => round?.inputResponses !== undefined || round?.requestState !== undefined;

/** Runs a call that carries a key at most once: a repetition joins it or gets what came of it. */
export const idempotency =
  (keys: IdempotencyKeys<ToolResult>): CallFilter =>
  (next) =>
  (call, ctx, done) => {
    const key = call.idempotencyKey;
    if (key === undefined || continues(call)) {
      next(call, ctx, done);
      return;
    }
    const fingerprint = hash("sha256", `${formatToolRef(call.ref)} ${canonicalJson(readRaw(call.args))}`, "hex");
    const run = async (signal: Signal): Promise<ToolResult> =>
      readRaw(await asPromise(next, call, { ...ctx, signal, takesRaw: false }));
    endWith(keys.run({ key, fingerprint, signal: ctx.signal }, run), ctx.signal, done);
  };
