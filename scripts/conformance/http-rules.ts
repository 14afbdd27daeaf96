import type { IncomingHttpHeaders } from "node:http";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";

// What revision 2026-07-28 asks of an HTTP server beyond the messages themselves. A stdio server knows nothing of it.

const PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion";
const FIRST_MODERN = "2026";
const HEADER_MISMATCH = -32_020;
const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;
const ENVELOPE_FAULTS: readonly unknown[] = [HEADER_MISMATCH, -32_021, -32_022];

/** Whether a request says that it is one of the modern era, in its headers or in its body. */
export const claimsModern = (headers: IncomingHttpHeaders, message: JsonObject): boolean =>
  versionOf(message) !== undefined || String(headers["mcp-protocol-version"] ?? "") >= FIRST_MODERN;

/** The answer to a request whose version header does not repeat what its body says. */
export function headerFault(headers: IncomingHttpHeaders, message: JsonObject): JsonObject | undefined {
  const [claimed, header] = [versionOf(message), headers["mcp-protocol-version"]];
  if (claimed === undefined || claimed === header) return undefined;
  const found = header === undefined ? "none" : JSON.stringify(header);
  const text = `MCP-Protocol-Version: expected ${JSON.stringify(claimed)} as in the body, found ${found}`;
  return { jsonrpc: "2.0", id: message["id"] ?? null, error: { code: HEADER_MISMATCH, message: text } };
}

/** The HTTP status that goes with an answer. */
export function statusOf({ error }: JsonObject): number {
  if (!isJsonObject(error)) return 200;
  const { code, message } = error;
  if (code === METHOD_NOT_FOUND) return 404;
  const isEnvelopeFault = ENVELOPE_FAULTS.includes(code) || (code === INVALID_PARAMS && String(message).includes("_meta"));
  return isEnvelopeFault ? 400 : 200;
}

function versionOf({ params }: JsonObject): unknown {
  const meta = isJsonObject(params) ? params["_meta"] : undefined;
  return isJsonObject(meta) ? meta[PROTOCOL_VERSION] : undefined;
}
