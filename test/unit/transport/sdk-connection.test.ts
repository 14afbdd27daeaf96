import { describe, expect, test } from "vitest";
import type { ProgressUpdate } from "../../../src/model/call.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { callTool, connect, patient } from "../../support/connecting.ts";
import { event, json, rpcError, sse, startScriptedHttp } from "../../support/scripted-http.ts";
import { REGION_TOOL, startHeaderCheckingBackend, startLegacyBackend, startModernBackend } from "../../support/sdk-backends.ts";

const START = { legacy: startLegacyBackend, modern: startModernBackend };
const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";

describe.each(["legacy", "modern"] as const)("a real %s server", (era) => {
  test("is recognised, and tells about itself", async () => {
    await using backend = await START[era]();
    await using connection = await connect(backend.url);
    expect(connection.era).toBe(era);
    expect(connection.peer).toMatchObject({
      protocolVersion: era === "modern" ? "2026-07-28" : "2025-06-18",
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: "sdk-backend" },
      instructions: "Be kind",
    });
    expect(connection.hasSession).toBe(era === "legacy");
    await connection.probe(patient());
  });

  test("answers with results that are passed on unchanged", async () => {
    await using backend = await START[era]();
    await using connection = await connect(backend.url);
    const answer = await connection.request(
      "tools/call",
      { name: "echo", arguments: { a: [1, { b: "ü" }] } },
      { signal: patient() },
    );
    expect(answer).toMatchObject({
      content: [{ type: "text", text: '{"a":[1,{"b":"ü"}]}', _meta: { kept: true } }],
      structuredContent: { echoed: { a: [1, { b: "ü" }] } },
      isError: false,
    });
  });

  test("reports progress when asked to, all of it before the result", async () => {
    await using backend = await START[era]();
    await using connection = await connect(backend.url);
    const heard: unknown[] = [];
    const onProgress = ({ progress }: ProgressUpdate) => void heard.push(progress);
    await connection.request("tools/call", { name: "count", arguments: {} }, { signal: patient(), onProgress });
    expect(heard).toEqual([1, 2, 3]);
  });

  test("serves many calls at once", async () => {
    await using backend = await START[era]();
    await using connection = await connect(backend.url);
    const calls = Array.from({ length: 100 }, (_, at) =>
      connection.request("tools/call", { name: "echo", arguments: { at } }, { signal: patient() }),
    );
    const answers = await Promise.all(calls);
    expect(answers.map((answer) => answer["structuredContent"])).toEqual(calls.map((_, at) => ({ echoed: { at } })));
  });

  test("is heard when its tools change", async () => {
    await using backend = await START[era]();
    let hear = (_method: string): void => {};
    const heard = new Promise<string>((resolve) => {
      hear = resolve;
    });
    await using connection = await connect(backend.url, { onNotification: (method) => hear(method) });
    const announcing = setInterval(() => backend.announceToolChange(), 10); // the subscription takes a moment to stand
    expect(await heard).toBe("notifications/tools/list_changed");
    clearInterval(announcing);
    expect(connection.era).toBe(era);
  });

  test("refuses with an error that keeps its code and message", async () => {
    await using backend = await START[era]();
    await using connection = await connect(backend.url);
    const asked = connection.request("resources/read", { uri: "none" }, { signal: patient() });
    await expect(asked).rejects.toMatchObject({ code: "upstream_rejected", rpc: { code: -32_601 }, outcome: "not_executed" });
  });
});

test.each([
  { code: -32_602, outcome: "not_executed" },
  { code: -32_603, outcome: "unknown" },
  { code: 7, outcome: "unknown" },
])("an error answer with code $code leaves the outcome $outcome", async ({ code, outcome }) => {
  await using backend = await startScriptedHttp({ era: "modern", on: { "tools/call": rpcError(200, code, "It broke") } });
  await using connection = await connect(backend.url);
  await expect(callTool(connection)).rejects.toMatchObject({ code: "upstream_rejected", rpc: { code }, outcome });
});

test("a modern server that asks back is relayed, with the host's capabilities and the state as it came", async () => {
  await using backend = await startModernBackend();
  await using connection = await connect(backend.url);
  const meta = { _meta: { [CAPABILITIES]: { elicitation: {} } } };
  const question = await connection.request("tools/call", { name: "ask", arguments: {}, ...meta }, { signal: patient() });
  expect(question).toMatchObject({ resultType: "input_required", inputRequests: { name: { method: "elicitation/create" } } });
  const round = { inputResponses: { name: { action: "accept", content: {} } }, requestState: question["requestState"] };
  const answer = await connection.request("tools/call", { name: "ask", arguments: {}, ...round, ...meta }, { signal: patient() });
  expect(answer).toMatchObject({ structuredContent: { echoed: { state: "state-1", answers: { name: { action: "accept" } } } } });
});

test("a legacy server that asks back is told that nobody can answer", async () => {
  await using backend = await startLegacyBackend();
  await using connection = await connect(backend.url);
  await expect(callTool(connection, "ask")).rejects.toMatchObject({ code: "upstream_rejected" });
});

test("a marked argument goes along as a header, which a modern server demands", async () => {
  await using backend = await startHeaderCheckingBackend();
  await using connection = await connect(backend.url);
  const call = { name: "region", arguments: { region: "köln" } };
  const ask = (definition?: JsonObject) => connection.request("tools/call", call, { signal: patient(), definition });
  expect(await ask(REGION_TOOL)).toMatchObject({ structuredContent: { echoed: { region: "köln" } } });
  await expect(ask()).rejects.toMatchObject({ code: "upstream_rejected", rpc: { code: -32_020 }, outcome: "not_executed" });
});

test("a tool whose header annotations are invalid may not be offered by a modern HTTP server, and may by a legacy one", async () => {
  const badHeader = { type: "string", "x-mcp-header": "no header" };
  const definition = { name: "bad", inputSchema: { type: "object", properties: { region: badHeader } } };
  await using modern = await startModernBackend();
  await using legacy = await startLegacyBackend();
  await using toModern = await connect(modern.url);
  await using toLegacy = await connect(legacy.url);
  expect(toModern.toolFault?.(definition)).toMatch(/x-mcp-header of region is not a header name/);
  expect(toModern.toolFault?.(REGION_TOOL)).toBeUndefined();
  expect(toLegacy.toolFault?.(definition)).toBeUndefined();
});

test("a modern request carries its method and name in the headers, sealed where they are not plain", async () => {
  const done = json({ content: [], resultType: "complete" });
  await using backend = await startScriptedHttp({ era: "modern", on: { "tools/call": done } });
  await using connection = await connect(backend.url, { headers: { Authorization: "Bearer t", "Mcp-Method": "forged" } });
  await callTool(connection, "größe");
  expect(backend.of("tools/call")[0]?.headers).toMatchObject({
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "=?base64?Z3LDtsOfZQ==?=",
    "accept-encoding": "identity",
    authorization: "Bearer t",
    host: new URL(backend.url).host,
  });
});

test("cancelling a modern call closes its stream and posts nothing", async () => {
  await using backend = await startScriptedHttp({ era: "modern", on: { "tools/call": () => {} } });
  await using connection = await connect(backend.url, { era: "modern" });
  const controller = new AbortController();
  const call = callTool(connection, "t", controller.signal);
  const arrived = await backend.arrival("tools/call");
  controller.abort(new Error("enough"));
  await expect(call).rejects.toMatchObject({ cause: { message: "enough" } });
  await arrived.gone;
  expect(backend.of("notifications/cancelled")).toEqual([]);
});

describe("results a modern backend must not send are upstream_protocol", () => {
  test.each([
    ["a task nobody asked for", { resultType: "task", task: {} }],
    ["a kind nobody knows", { resultType: "surprise" }],
    ["no kind at all", { content: [] }],
  ])("%s", async (_name, result) => {
    await using backend = await startScriptedHttp({ era: "modern", on: { "tools/call": json(result) } });
    await using connection = await connect(backend.url, { era: "modern" });
    await expect(callTool(connection)).rejects.toMatchObject({ code: "upstream_protocol", outcome: "unknown" });
  });
});

test("a method the era does not have is refused without asking the backend", async () => {
  await using backend = await startScriptedHttp({ era: "modern" });
  await using connection = await connect(backend.url, { era: "modern" });
  await expect(connection.request("ping", {}, { signal: patient() })).rejects.toMatchObject({ code: "upstream_rejected" });
  expect(backend.of("ping")).toEqual([]);
});

test("an error answer to our probe shows a living backend, silence does not", async () => {
  await using backend = await startScriptedHttp({
    era: "legacy",
    on: { ping: [rpcError(200, -32_601, "no ping here"), () => {}] },
  });
  await using connection = await connect(backend.url, { era: "legacy" });
  await connection.probe(patient());
  const reason = new Error("too slow");
  const controller = new AbortController();
  const probe = connection.probe(controller.signal);
  probe.catch(() => {});
  while (backend.of("ping").length < 2) await new Promise(setImmediate);
  controller.abort(reason);
  await expect(probe).rejects.toMatchObject({ cause: reason });
});

test("a notification listener that throws harms nobody", async () => {
  const noisy = sse(
    event(() => ({ jsonrpc: "2.0", method: "notifications/odd", params: { a: 1 } })),
    (request) => `data: ${JSON.stringify({ jsonrpc: "2.0", id: request.message["id"], result: { ok: true } })}\n\n`,
  );
  await using backend = await startScriptedHttp({ era: "legacy", on: { "tools/call": noisy } });
  const heard: unknown[] = [];
  const onNotification = (method: string, params: object) => {
    heard.push([method, params]);
    throw new Error("listener broke");
  };
  await using connection = await connect(backend.url, { era: "legacy", onNotification });
  expect(await callTool(connection)).toEqual({ ok: true });
  expect(heard).toEqual([["notifications/odd", { a: 1 }]]);
});
