import type { BackendSpec } from "../model/backend-spec.ts";
import type { ToolCall } from "../model/call.ts";
import { isJsonObject } from "../model/json.ts";
import type { ToolDescriptor } from "../model/tool.ts";

/**
 * How long the registry lets an answer of this tool be served again, in ms; 0 for never, the default. What the entry says for
 * all its tools does not reach a tool that says of itself that it reads the open world: that one has to be named.
 */
export function cacheTtlOf(spec: Pick<BackendSpec, "tools" | "cacheTtlMs">, { ref, definition }: ToolDescriptor): number {
  const own = spec.tools.overrides.get(ref.tool)?.cacheTtlMs;
  if (own !== undefined) return own;
  const annotations = definition["annotations"];
  return isJsonObject(annotations) && annotations["openWorldHint"] === true ? 0 : spec.cacheTtlMs;
}

/** Whether this call may be answered from the cache at all: a continuation may not, and a key asks for its own former result. */
export const isPlainCall = ({ idempotencyKey, round }: ToolCall): boolean =>
  idempotencyKey === undefined && round?.inputResponses === undefined && round?.requestState === undefined;

/** Whether an answer may be served again: complete, as one that came unread always is, and no failure of the tool. */
export const isKeepable = ({ isError, resultType }: { readonly isError?: unknown; readonly resultType?: unknown }): boolean =>
  isError !== true && (resultType === undefined || resultType === "complete");
