import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import type { RequestId } from "../../wire/json-rpc.ts";

/** Results that are sent as they came: the SDK's own encoding would drop fields it does not know. */
export class VerbatimResults {
  readonly #results = new Map<RequestId, JsonObject>();

  /** Keeps the result for the answer to that request. */
  put(id: RequestId, result: JsonObject): void {
    this.#results.set(id, result);
  }

  /** The message with the kept result in the place of the SDK's; a message nothing was kept for stays as it is. */
  apply(id: RequestId, message: JSONRPCMessage): JSONRPCMessage {
    const result = this.#results.get(id);
    if (!result || !("result" in message)) return message;
    this.#results.delete(id);
    return { ...message, result: inEnvelope(message.result, result) };
  }

  forget(id: RequestId): void {
    this.#results.delete(id);
  }
}

/** The result with what the SDK's envelope adds to every result of the modern era. */
function inEnvelope(envelope: JsonObject, result: JsonObject): JsonObject {
  const { content: _placeholder, _meta: stamped, ...added } = envelope;
  const own = result["_meta"];
  return { ...added, ...result, ...(isJsonObject(stamped) && { _meta: { ...stamped, ...(isJsonObject(own) ? own : {}) } }) };
}
