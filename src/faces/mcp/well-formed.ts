import type { JSONRPCNotification, JSONRPCRequest, JSONRPCResponse } from "@modelcontextprotocol/server";
import { isJsonObject } from "../../model/json.ts";
import { isRequestId, type RpcNotification, type RpcRequest, type RpcResponse } from "../../wire/json-rpc.ts";

const RELATED_TASK = "io.modelcontextprotocol/related-task";

/**
 * Whether the SDK would take a message: what `parseMessage` does not look at already. The SDK's own checks do the same with a
 * schema, so they would have to be loaded before the first answer.
 */
export const isWellFormedRequest = (message: RpcRequest): message is RpcRequest & JSONRPCRequest =>
  isRequestMeta(message.params?.["_meta"]);

export const isWellFormedNotification = (message: RpcNotification): message is RpcNotification & JSONRPCNotification =>
  isRequestMeta(message.params?.["_meta"]);

export function isWellFormedResponse(message: RpcResponse): message is RpcResponse & JSONRPCResponse {
  if (!isRequestId(message.id)) return false;
  if ("error" in message) return Number.isSafeInteger(message.error.code);
  const meta = message.result["_meta"];
  return meta === undefined || isJsonObject(meta);
}

function isRequestMeta(meta: unknown): boolean {
  if (meta === undefined) return true;
  if (!isJsonObject(meta)) return false;
  const { progressToken: token, [RELATED_TASK]: task } = meta;
  return (
    (token === undefined || typeof token === "string" || Number.isSafeInteger(token)) &&
    (task === undefined || (isJsonObject(task) && typeof task["taskId"] === "string"))
  );
}
