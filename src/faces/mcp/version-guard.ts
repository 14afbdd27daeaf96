import type { RpcErrorObject } from "../../model/errors.ts";
import { isJsonObject } from "../../model/json.ts";
import type { RpcRequest } from "../../wire/json-rpc.ts";
import { MODERN_VERSIONS, PROTOCOL_VERSION } from "./envelope.ts";

const UNSUPPORTED_PROTOCOL_VERSION = -32_022;

/**
 * The error for a request that claims a protocol revision we do not serve, or undefined. Needed on every request because the
 * SDK (2.4.0) checks only the opening one. `initialize` is exempt: the handshake answers odd versions with a counter-offer.
 */
export function guardVersion(request: RpcRequest): RpcErrorObject | undefined {
  const meta = request.params?.["_meta"];
  const requested = isJsonObject(meta) ? meta[PROTOCOL_VERSION] : undefined;
  if (typeof requested !== "string" || request.method === "initialize" || MODERN_VERSIONS.includes(requested)) return undefined;
  return {
    code: UNSUPPORTED_PROTOCOL_VERSION,
    message: `Protocol version "${requested.slice(0, 64)}" is not supported`,
    data: { supported: MODERN_VERSIONS, requested: requested.slice(0, 64) },
  };
}
