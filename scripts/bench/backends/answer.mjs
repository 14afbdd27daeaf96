// @ts-check
// What both backends answer: the least an MCP server can say in either era. Plain JavaScript, so that bare Node starts it.

const TOOL = {
  name: "echo",
  description: "Gives back its text",
  inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  annotations: { readOnlyHint: true },
};
const MODERN = "2026-07-28";
const CAPABILITIES = { tools: {} };
const FOREVER = { ttlMs: 3_600_000, cacheScope: "public" };
const ME = { name: "bench-backend", version: "1.0.0" };

/**
 * The JSON-RPC answer to one message, or undefined for a notification.
 * @param {{ id?: string | number, method?: string, params?: Record<string, any> }} message
 * @returns {object | undefined}
 */
export function answer(message) {
  const { id, method, params = {} } = message;
  if (id === undefined) return undefined;
  const complete = params["_meta"]?.["io.modelcontextprotocol/protocolVersion"] === MODERN ? { resultType: "complete" } : {};
  switch (method) {
    case "tools/call":
      return {
        jsonrpc: "2.0",
        id,
        result: { ...complete, content: [{ type: "text", text: String(params["arguments"]?.text) }] },
      };
    case "tools/list":
      return { jsonrpc: "2.0", id, result: { ...complete, ...(complete.resultType && FOREVER), tools: [TOOL] } };
    case "ping":
      return { jsonrpc: "2.0", id, result: {} };
    case "server/discover":
      return { jsonrpc: "2.0", id, result: { ...complete, ...FOREVER, supportedVersions: [MODERN], capabilities: CAPABILITIES } };
    case "initialize":
      return {
        jsonrpc: "2.0",
        id,
        result: { protocolVersion: params["protocolVersion"], capabilities: CAPABILITIES, serverInfo: ME },
      };
    default:
      return { jsonrpc: "2.0", id, error: { code: -32601, message: `Method ${method} is not known` } };
  }
}
