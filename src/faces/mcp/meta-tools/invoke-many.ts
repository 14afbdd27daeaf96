import type { InvokeOutcome } from "../../../gateway/call-desk.ts";
import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import type { MetaTool } from "../define-meta-tool.ts";
import { failureFacts, failureText } from "../failure-to-result.ts";
import { badArgument } from "../read-args.ts";
import { readInvoke, withTimeout } from "./invoke-request.ts";

const MOST_CALLS = 20;

export const invokeMany: MetaTool = {
  name: "invoke_many",
  description: "Up to 20 calls [{tool, arguments}] at once; one failure does not fail the rest",
  properties: { calls: { type: "array", items: { type: "object" } }, timeoutMs: { type: "integer" } },
  required: ["calls"],
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  async run(args, gateway, caller) {
    const calls = readCalls(args["calls"]);
    const fresh = { ...caller, onProgress: undefined, inputResponses: undefined, requestState: undefined };
    const outcomes = await gateway.invokeMany(
      calls.map((call) => readInvoke(call, fresh)),
      withTimeout(args, fresh),
    );
    return merge(calls, outcomes);
  },
};

function readCalls(value: unknown): readonly JsonObject[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_CALLS || !value.every(isJsonObject)) {
    throw badArgument("calls", `1 to ${MOST_CALLS} objects like {"tool": "server/tool", "arguments": {}}`, value);
  }
  return value;
}

/** Every answer's own blocks under a heading, in order; the answers as data beside them. */
function merge(calls: readonly JsonObject[], outcomes: readonly InvokeOutcome[]): JsonObject {
  const content = outcomes.flatMap((outcome, at) => [heading(at, calls[at], outcome), ...blocksOf(outcome)]);
  const answers = outcomes.map((outcome) =>
    "error" in outcome
      ? { isError: true, error: failureFacts(outcome.error) }
      : { isError: outcome.result["isError"] === true, ...pick(outcome.result, ["structuredContent", "_meta"]) },
  );
  return { content, structuredContent: { answers }, ...(outcomes.every(failed) && { isError: true }) };
}

function heading(at: number, call: JsonObject | undefined, outcome: InvokeOutcome): JsonObject {
  return { type: "text", text: `[${at + 1}] ${String(call?.["tool"])}: ${failed(outcome) ? "failed" : "ok"}` };
}

function blocksOf(outcome: InvokeOutcome): readonly unknown[] {
  if ("error" in outcome) return [{ type: "text", text: failureText(outcome.error) }];
  if (outcome.result["resultType"] === "input_required")
    return [{ type: "text", text: "needs input: call it alone with invoke" }];
  const content = outcome.result["content"];
  return Array.isArray(content) ? content : [];
}

const failed = (outcome: InvokeOutcome): boolean => "error" in outcome || outcome.result["isError"] === true;

const pick = (from: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));
