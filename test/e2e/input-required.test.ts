import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { GatewayProcess, resultOf } from "../support/gateway-process.ts";
import { type SdkBackend, startLegacyBackend, startModernBackend } from "../support/sdk-backends.ts";
import { dataOf, errorOf, objectOf } from "../support/tool-answers.ts";

const META = "io.modelcontextprotocol";
const ANSWER = { action: "accept", content: { name: "Ada", "\u{1f511}": "\u2028" } };
const call = (server: string): JsonObject => ({ name: "invoke", arguments: { tool: `${server}/ask`, arguments: { a: 1 } } });

let modern: SdkBackend;
let legacy: SdkBackend;
let registry: JsonObject;

beforeAll(async () => {
  modern = await startModernBackend();
  legacy = await startLegacyBackend();
  registry = { mcpServers: { modern: { url: modern.url }, legacy: { url: legacy.url } } };
});
afterAll(async () => {
  await modern?.[Symbol.asyncDispose]();
  await legacy?.[Symbol.asyncDispose]();
});

/** A request of a 2026-07-28 host that can ask its person. */
function askModern(gateway: GatewayProcess, params: JsonObject, capabilities: JsonObject = { elicitation: { form: {} } }) {
  const _meta = {
    [`${META}/protocolVersion`]: "2026-07-28",
    [`${META}/clientCapabilities`]: capabilities,
    [`${META}/clientInfo`]: { name: "raw-line-client", version: "1.0.0" },
  };
  return gateway.request("tools/call", { ...params, _meta });
}

/** A gateway whose host speaks the era before and declares these capabilities. */
async function openLegacy(capabilities: JsonObject): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(registry);
  const clientInfo = { name: "raw-line-client", version: "1.0.0" };
  await gateway.request("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo });
  gateway.notify("notifications/initialized");
  return gateway;
}

/** Resolves with the first request that the gateway sends its host. */
const requestFrom = (gateway: GatewayProcess, method: string): Promise<JsonObject> =>
  vi.waitUntil(() => gateway.notifications.find((message) => message["method"] === method && "id" in message), {
    timeout: 10_000,
  });

test("a modern host is asked for what a modern backend needs, and its answer and the state reach the backend as they are", async () => {
  await using gateway = await GatewayProcess.start(registry);
  const asked = resultOf(await askModern(gateway, call("modern")));
  expect(asked).toMatchObject({
    resultType: "input_required",
    requestState: "state-1",
    inputRequests: { name: { method: "elicitation/create", params: { message: "Who?" } } },
  });
  expect(asked).not.toHaveProperty("content");
  const answered = resultOf(
    await askModern(gateway, { ...call("modern"), inputResponses: { name: ANSWER }, requestState: asked["requestState"] }),
  );
  expect(answered).toMatchObject({ resultType: "complete" });
  expect(dataOf(answered)["echoed"]).toEqual({ state: "state-1", answers: { name: ANSWER } });
});

test("a prompt of a modern backend may ask too, and gets the answer and its state", async () => {
  await using gateway = await GatewayProcess.start(registry);
  const get = { name: "prompts", arguments: { action: "get", server: "modern", name: "any" } };
  const asked = resultOf(await askModern(gateway, get));
  expect(asked).toMatchObject({ resultType: "input_required", inputRequests: { name: { params: { message: "Who?" } } } });
  const round = { inputResponses: { name: ANSWER }, requestState: asked["requestState"] };
  const answered = resultOf(await askModern(gateway, { ...get, ...round }));
  const text = JSON.stringify({ state: "state-1", answers: { name: ANSWER } });
  expect(answered["content"]).toContainEqual({ type: "text", text });
});

test("a legacy host is asked by elicitation for what a modern backend needs", async () => {
  await using gateway = await openLegacy({ elicitation: {} });
  const answer = gateway.request("tools/call", call("modern"));
  const asked = await requestFrom(gateway, "elicitation/create");
  expect(asked["params"]).toMatchObject({ message: "Who?" });
  gateway.write(`${JSON.stringify({ jsonrpc: "2.0", id: asked["id"], result: ANSWER })}\n`);
  expect(dataOf(resultOf(await answer))["echoed"]).toMatchObject({ state: "state-1", answers: { name: ANSWER } });
});

test("a batch does not ask: it says that this call has to be made alone", async () => {
  await using gateway = await GatewayProcess.start(registry);
  const calls = [objectOf(call("modern")["arguments"]), { tool: "modern/echo", arguments: { b: 2 } }];
  const answer = resultOf(await askModern(gateway, { name: "invoke_many", arguments: { calls } }));
  expect(answer).toMatchObject({ resultType: "complete" });
  expect(JSON.stringify(answer["content"])).toContain("needs input: call it alone with invoke");
  expect(JSON.stringify(dataOf(answer)["answers"])).toContain('"b":2');
});

test.each([
  ["a legacy host that cannot ask its person", "modern"],
  ["a backend of the era before, which asks by itself,", "legacy"],
])("%s: the call ends with an error that says so, and the next call works", async (_who, server) => {
  await using gateway = await openLegacy({});
  const answer = await gateway.request("tools/call", call(server));
  expect(errorOf(resultOf(answer))).toMatchObject({
    code: "upstream_rejected",
    server,
    rpc: { message: expect.stringContaining("elicitation") },
  });
  expect(dataOf(await gateway.callTool("invoke", { tool: `${server}/echo`, arguments: { c: 3 } }))).toEqual({ echoed: { c: 3 } });
});
