import type { InvokeRequest } from "../../../gateway/call-desk.ts";
import type { Caller } from "../../../gateway/caller.ts";
import type { CallArguments } from "../../../model/call.ts";
import type { JsonObject } from "../../../model/json.ts";
import { RawObject } from "../../../model/raw-result.ts";
import { MAX_RESULT_TOKENS } from "../../../model/units.ts";
import { BOOLEAN, INTEGER, type MetaToolCaller, OBJECT, STRING } from "../define-meta-tool.ts";
import { readObject, readOptionalBoolean, readOptionalInteger, readOptionalString } from "../read-args.ts";

const LONGEST_CALL_MS = 600_000;

/** The properties of one call, shared by the invoke family. */
export const CALL_PROPERTIES = {
  tool: STRING,
  arguments: OBJECT,
  timeoutMs: INTEGER,
  maxTokens: INTEGER,
  fresh: BOOLEAN,
} as const;

/** Reads one call; `args` is taken for `arguments`, since models write both. */
export const readInvoke = (args: JsonObject, caller: MetaToolCaller): InvokeRequest => ({
  tool: args["tool"],
  args: readCallArguments(args),
  idempotencyKey: readOptionalString(args, "idempotencyKey"),
  maxTokens: readMaxTokens(args),
  fresh: readOptionalBoolean(args, "fresh"),
  round: roundOf(caller),
});

function readCallArguments(args: JsonObject): CallArguments {
  const given = args["arguments"] ?? args["args"];
  return given instanceof RawObject ? given : readObject(args, "arguments", given);
}

const roundOf = ({ inputResponses, requestState }: MetaToolCaller): InvokeRequest["round"] =>
  inputResponses === undefined && requestState === undefined ? undefined : { inputResponses, requestState };

/** How much of the result is to be shown. */
const readMaxTokens = (args: JsonObject): number | undefined =>
  readOptionalInteger(args, "maxTokens", MAX_RESULT_TOKENS.least, MAX_RESULT_TOKENS.most);

/** The caller with the deadline this call asks for. */
export const withTimeout = (args: JsonObject, caller: MetaToolCaller): Caller =>
  args["timeoutMs"] === undefined ? caller : limited(args, caller);

const limited = (args: JsonObject, caller: MetaToolCaller): Caller => ({
  signal: caller.signal,
  onProgress: caller.onProgress,
  hostCapabilities: caller.hostCapabilities,
  meta: caller.meta,
  timeoutMs: readOptionalInteger(args, "timeoutMs", 1, LONGEST_CALL_MS),
  since: caller.since,
  askHost: caller.askHost,
  log: caller.log,
});
