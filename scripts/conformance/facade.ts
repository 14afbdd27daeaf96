import { isJsonObject, type JsonObject } from "../../src/model/json.ts";

/** What a request becomes on its way to the gateway, and what its answer becomes on the way back. */
export interface Translation {
  readonly request: JsonObject;
  answer(response: JsonObject): JsonObject;
}

/** The id of the fixture in the registry. */
export const SERVER = "conf";
const INVALID_PARAMS = -32_602;
/** The tools whose definitions the suite reads. */
const DESCRIBED = ["json_schema_2020_12_tool"];
/** Stands in for the cache hints of lists and resources: the gateway's own results are those of tool calls, which have none. */
const UNCACHED = { ttlMs: 0, cacheScope: "private" };

interface Route {
  readonly tool: string;
  readonly args: JsonObject;
  /** The result the suite expects, out of the one the meta-tool gave. */
  readonly result: (toolResult: JsonObject) => JsonObject;
}

/** A request for the fixture as a call of the meta-tool that reaches it; undefined for what no meta-tool can do. */
export function translate(request: JsonObject): Translation | undefined {
  const params = isJsonObject(request["params"]) ? request["params"] : {};
  const route = routeOf(request["method"], params);
  if (!route) return undefined;
  const { _meta, inputResponses, requestState } = params;
  const round = { _meta, inputResponses, requestState }; // what is undefined is not written
  return {
    request: { ...request, method: "tools/call", params: { ...round, name: route.tool, arguments: route.args } },
    answer: (response) => unwrap(response, route),
  };
}

function routeOf(method: unknown, params: JsonObject): Route | undefined {
  const { name, uri, cursor, arguments: args } = params;
  switch (method) {
    case "tools/call":
      return { tool: "invoke", args: { tool: `${SERVER}/${String(name)}`, arguments: args }, result: (result) => result };
    case "tools/list":
      return { tool: "describe", args: { tools: DESCRIBED.map((tool) => `${SERVER}/${tool}`) }, result: definitions };
    case "resources/list":
      return { tool: "resources", args: { action: "list", server: SERVER, cursor }, result: data };
    case "resources/templates/list":
      return { tool: "resources", args: { action: "templates", server: SERVER, cursor }, result: data };
    case "resources/read":
      return { tool: "resources", args: { action: "read", server: SERVER, uri }, result: contents };
    case "prompts/list":
      return { tool: "prompts", args: { action: "list", server: SERVER, cursor }, result: data };
    case "prompts/get":
      return { tool: "prompts", args: { action: "get", server: SERVER, name, arguments: args }, result: data };
    case "completion/complete":
      return { tool: "prompts", args: { action: "complete", server: SERVER, ...completed(params) }, result: data };
    default:
      return undefined;
  }
}

/** The meta-tool completes the argument that is given last. */
function completed({ ref, argument, context }: JsonObject): JsonObject {
  const { name, value } = argument as { name: string; value: string };
  const { arguments: before = {} } = (context ?? {}) as { arguments?: JsonObject };
  return { name: (ref as JsonObject)["name"], arguments: { ...before, [name]: value } };
}

function unwrap(response: JsonObject, { tool, result }: Route): JsonObject {
  const found = response["result"];
  if (!isJsonObject(found) || found["resultType"] === "input_required") return response;
  const failure = failureOf(found, tool);
  if (!failure) return { ...response, result: result(found) };
  const { result: _result, ...rest } = response;
  return { ...rest, error: failure };
}

/** Our failures are tool results; the protocol error behind one is taken out again, where there was one. */
function failureOf(result: JsonObject, tool: string): JsonObject | undefined {
  if (result["isError"] !== true) return undefined;
  const facts = isJsonObject(result["structuredContent"]) ? result["structuredContent"]["error"] : undefined;
  const rpc = isJsonObject(facts) ? facts["rpc"] : undefined;
  if (isJsonObject(rpc)) return rpc;
  return tool === "invoke" ? undefined : { code: INVALID_PARAMS, message: JSON.stringify(result["content"]) };
}

const data = ({ resultType, structuredContent }: JsonObject): JsonObject => ({
  resultType,
  ...UNCACHED,
  ...(isJsonObject(structuredContent) ? structuredContent : {}),
});

function definitions({ resultType, structuredContent }: JsonObject): JsonObject {
  const { tools } = structuredContent as { tools: readonly { definition: JsonObject }[] };
  return { resultType, ...UNCACHED, tools: tools.map(({ definition }) => definition) };
}

function contents({ content, ...rest }: JsonObject): JsonObject {
  const blocks = content as readonly { resource: JsonObject }[];
  return { ...UNCACHED, ...rest, contents: blocks.map(({ resource }) => resource) };
}
