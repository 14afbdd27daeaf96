import type { InvokeRequest } from "../../../gateway/gateway.ts";
import type { JsonObject } from "../../../model/json.ts";
import { INTEGER, type MetaToolCaller, OBJECT, STRING } from "../define-meta-tool.ts";
import { readObject, readOptionalInteger, readOptionalString } from "../read-args.ts";

const LONGEST_CALL_MS = 600_000;

/** The properties of one call, shared by the invoke family. */
export const CALL_PROPERTIES = {
  tool: { ...STRING, description: '"server/tool"' },
  arguments: OBJECT,
  timeoutMs: INTEGER,
} as const;

/** Reads one call; `args` is taken for `arguments`, since models write both. */
export const readInvoke = (args: JsonObject, caller: MetaToolCaller): InvokeRequest => ({
  tool: args["tool"],
  args: readObject(args, "arguments", args["arguments"] ?? args["args"]),
  idempotencyKey: readOptionalString(args, "idempotencyKey"),
  round: { inputResponses: caller.inputResponses, requestState: caller.requestState },
});

/** The caller with the deadline this call asks for. */
export const withTimeout = (args: JsonObject, caller: MetaToolCaller): MetaToolCaller => ({
  ...caller,
  timeoutMs: readOptionalInteger(args, "timeoutMs", 1, LONGEST_CALL_MS),
});
