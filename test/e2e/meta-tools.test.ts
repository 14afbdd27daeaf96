import { afterAll, beforeAll, expect, test } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import { GatewayProcess, resultOf } from "../support/gateway-process.ts";
import { CLIENT_KINDS, connectOverStdio } from "../support/sdk-clients.ts";

const MOST_CHARS = 4_000;
const NAMES = [
  "discover",
  "describe",
  "invoke",
  "invoke_readonly",
  "invoke_many",
  "read_result",
  "list_servers",
  "resources",
  "prompts",
  "status",
  "manage",
];
const HINTS = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];
/** Keywords for which a host drops a tool, or the whole server, when they stand at the root of a schema or anywhere. */
const COMPOSITION = ["oneOf", "anyOf", "allOf", "not", "if"];

let gateway: GatewayProcess;
let answer: JsonObject;
let tools: readonly JsonObject[];

beforeAll(async () => {
  gateway = await GatewayProcess.start({ mcpServers: { nobody: { command: "false" } } });
  await gateway.initialize();
  answer = resultOf(await gateway.request("tools/list"));
  tools = Array.isArray(answer["tools"]) ? answer["tools"].filter(isJsonObject) : [];
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

test("the whole surface is the eleven meta-tools, in their order, in one page", () => {
  expect(tools.map(({ name }) => name)).toEqual(NAMES);
  expect(answer["nextCursor"]).toBeUndefined();
});

test("the whole surface costs a model at most a thousand tokens", () => {
  expect(JSON.stringify({ tools }).length).toBeLessThanOrEqual(MOST_CHARS);
});

test("the list has the same bytes on every call, whatever happened in between", async () => {
  await gateway.callTool("list_servers");
  await gateway.callTool("manage", { action: "start", server: "nobody" });
  expect(JSON.stringify(resultOf(await gateway.request("tools/list")))).toBe(JSON.stringify(answer));
});

test.each(NAMES)("%s has a name, a description and a schema that every host takes", (name) => {
  const tool = toolNamed(name);
  expect(name).toMatch(/^[a-z][a-z_]{0,39}$/);
  expect(String(tool["description"]).length).toBeGreaterThan(20);
  const schema = objectOf(tool["inputSchema"]);
  expect(schema["type"]).toBe("object");
  expect(Object.keys(schema).filter((key) => COMPOSITION.includes(key))).toEqual([]);
  expect(JSON.stringify(tool)).not.toContain('"$ref"');
});

test.each(NAMES)("%s says by annotations what it may do", (name) => {
  const annotations = objectOf(toolNamed(name)["annotations"]);
  expect(HINTS.filter((hint) => typeof annotations[hint] !== "boolean" && !isMoot(hint, annotations))).toEqual([]);
});

test("only the tools that may change something say so", () => {
  const changing = tools.filter((tool) => objectOf(tool["annotations"])["readOnlyHint"] !== true).map(({ name }) => name);
  expect(changing).toEqual(["invoke", "invoke_many", "manage"]);
});

test.each(CLIENT_KINDS)("the SDK client %s accepts the list", async (kind) => {
  await using host = await connectOverStdio(kind, gateway.home);
  expect((await host.listTools()).map(({ name }) => name)).toEqual(NAMES);
});

/** The specification gives destructive and idempotent a meaning only for tools that are not read-only. */
const isMoot = (hint: string, annotations: JsonObject): boolean =>
  annotations["readOnlyHint"] === true && (hint === "destructiveHint" || hint === "idempotentHint");

function toolNamed(name: string): JsonObject {
  return objectOf(tools.find((tool) => tool["name"] === name));
}

function objectOf(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw new Error(`Expected an object, found ${JSON.stringify(value)}`);
  return value;
}
