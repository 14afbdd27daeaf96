import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProgressUpdate } from "../../src/model/call.ts";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import { createGatewayHome, type GatewayHome } from "../support/gateway-home.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { scriptFor } from "../support/reference-script.ts";
import {
  connectDirectly,
  createReferenceFiles,
  entryFor,
  REFERENCE_SERVERS,
  type ReferenceFiles,
  type ReferenceServer,
} from "../support/reference-servers.ts";
import { CLIENT_KINDS, connectOverStdio, type HostClient } from "../support/sdk-clients.ts";

const STEPS = [1, 2, 3, 4].map((progress) => ({ progress, total: 4 }));
const longRunning = (server: ReferenceServer): JsonObject => ({
  name: "invoke",
  arguments: { tool: `${server}/trigger-long-running-operation`, arguments: { duration: 0.2, steps: STEPS.length } },
});
const READS = [
  "demo://resource/static/document/architecture.md",
  "demo://resource/dynamic/text/7",
  "demo://resource/session/b.gz", // left there by the script, and announced as a changed list
];
const PROMPTS: readonly JsonObject[] = [
  { name: "simple-prompt" },
  { name: "args-prompt", arguments: { city: "Köln", state: "NRW" } },
  { name: "resource-prompt", arguments: { resourceType: "Text", resourceId: "3" } },
];

/** What a server said without the gateway. */
interface Yardstick {
  readonly tools: readonly JsonObject[];
  readonly answers: readonly string[];
  readonly resources: readonly string[];
  readonly prompts: readonly string[];
}

let files: ReferenceFiles;
const yardsticks = new Map<ReferenceServer, Yardstick>();

beforeAll(async () => {
  files = await createReferenceFiles();
  for (const server of REFERENCE_SERVERS) yardsticks.set(server, await measure(server));
});
afterAll(() => files[Symbol.asyncDispose]());

describe.each(CLIENT_KINDS)("a host on the SDK client %s", (kind) => {
  let home: GatewayHome;
  let host: HostClient;

  beforeAll(async () => {
    home = await createGatewayHome({
      defaults: { maxResultTokens: 250_000 }, // nothing is to be cut here
      mcpServers: Object.fromEntries(REFERENCE_SERVERS.map((name) => [name, entryFor(name, files)])),
    });
    host = await connectOverStdio(kind, home);
  });
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  test("speaks the era it asked for", () => {
    expect(host.era).toBe(kind === "v2 modern" || kind === "v2 auto" ? "modern" : "legacy");
  });

  test("finds a tool of every server by what it is for", async () => {
    const needs = ["add two numbers", "read a text file", "remember facts in a knowledge graph", "think step by step"];
    const answer = structured(await callTool(host, "discover", { needs, limit: 5 }));
    const found = JSON.stringify(answer["results"]);
    for (const tool of [
      "everything/get-sum",
      "filesystem/read_text_file",
      "memory/create_entities",
      "thinking/sequentialthinking",
    ]) {
      expect(found).toContain(`"${tool}"`);
    }
  });

  test.each(REFERENCE_SERVERS)("gets every definition of %s word for word", async (server) => {
    for (const definition of yardstick(server).tools) {
      const answer = structured(await callTool(host, "describe", { tools: [`${server}/${definition["name"]}`] }));
      const [described] = list(answer["tools"]);
      expect(JSON.stringify(described?.["definition"])).toBe(JSON.stringify(definition));
    }
  });

  test.each(REFERENCE_SERVERS)("gets every answer of %s byte for byte", async (server) => {
    const answers: string[] = [];
    for (const { tool, args } of scriptFor(server, files)) {
      answers.push(asText(await callTool(host, "invoke", { tool: `${server}/${tool}`, arguments: args })));
    }
    expect(answers).toEqual(yardstick(server).answers);
  });

  test.each(["everything", "everything-http"] as const)("gets resources and prompts of %s byte for byte", async (server) => {
    expect(await resourcesThrough(host, server)).toEqual(yardstick(server).resources);
    expect(await promptsThrough(host, server)).toEqual(yardstick(server).prompts);
  });

  test.each(["everything", "everything-http"] as const)("hears how far a long call to %s is", async (server) => {
    const heard: ProgressUpdate[] = [];
    await host.request("tools/call", longRunning(server), (update) => heard.push(update));
    const steps = heard.filter(({ total }) => total !== undefined); // before them the gateway may tell of a start
    expect(STEPS.slice(0, steps.length)).toEqual(steps);
    expect(steps.length).toBeGreaterThanOrEqual(STEPS.length - 1); // SDK clients lose the step that arrives together with the result
  });

  test("is told what is near when it asks for a tool that does not exist", async () => {
    const answer = await callTool(host, "invoke", { tool: "everything/get-summ", arguments: {} });
    expect(answer["isError"]).toBe(true);
    expect(structured(answer)["error"]).toMatchObject({ code: "not_found", server: "everything" });
    expect(JSON.stringify(answer["content"])).toContain("get-sum");
  });

  test("is told what the server said when a resource does not exist", async () => {
    const answer = await callTool(host, "resources", { action: "read", server: "everything", uri: "demo://nothing/1" });
    expect(answer["isError"]).toBe(true);
    expect(structured(answer)["error"]).toMatchObject({ code: "upstream_rejected", server: "everything", rpc: { code: -32602 } });
    expect(JSON.stringify(answer["content"])).toContain("demo://nothing/1 not found");
  });
});

test.each(["everything", "everything-http"] as const)(
  "a raw host gets every step of a long call to %s before its result",
  async (server) => {
    await using gateway = await GatewayProcess.start({ mcpServers: { [server]: entryFor(server, files) } });
    await gateway.initialize();
    const answer = await gateway.request("tools/call", { ...longRunning(server), _meta: { progressToken: "mine" } });
    const heard = gateway.notifications.map(({ params }) => params).filter(isJsonObject);
    expect(heard.filter(({ total }) => total !== undefined)).toEqual(STEPS.map((step) => ({ progressToken: "mine", ...step })));
    expect(JSON.stringify(answer)).toContain("Long running operation completed");
  },
);

async function measure(server: ReferenceServer): Promise<Yardstick> {
  await using direct = await connectDirectly(server, files);
  const { tools } = await direct.request("tools/list", {});
  const answers: string[] = [];
  for (const { tool, args } of scriptFor(server, files)) {
    answers.push(asText(await direct.request("tools/call", { name: tool, arguments: args })));
  }
  if (!server.startsWith("everything")) return { tools: list(tools), answers, resources: [], prompts: [] };
  const resources = [await direct.request("resources/list", {}), await direct.request("resources/templates/list", {})];
  for (const uri of READS) resources.push(await direct.request("resources/read", { uri }));
  const prompts = [await direct.request("prompts/list", {})];
  for (const prompt of PROMPTS) prompts.push(await direct.request("prompts/get", prompt));
  return { tools: list(tools), answers, resources: resources.map(asText), prompts: prompts.map(asText) };
}

async function resourcesThrough(host: HostClient, server: ReferenceServer): Promise<string[]> {
  const answers: string[] = [];
  for (const action of ["list", "templates"])
    answers.push(asText(structured(await callTool(host, "resources", { action, server }))));
  for (const uri of READS) answers.push(asText(asRead(await callTool(host, "resources", { action: "read", server, uri }))));
  return answers;
}

/** A resource read through the gateway comes as embedded resources; this is the answer they were made of. */
function asRead({ content, ...rest }: JsonObject): JsonObject {
  return { ...rest, contents: list(content).map(({ resource }) => resource) };
}

async function promptsThrough(host: HostClient, server: ReferenceServer): Promise<string[]> {
  const asked: JsonObject[] = [{ action: "list" }, ...PROMPTS.map((prompt) => ({ action: "get", ...prompt }))];
  const answers: string[] = [];
  for (const args of asked) answers.push(asText(structured(await callTool(host, "prompts", { ...args, server }))));
  return answers;
}

async function callTool(host: HostClient, name: string, args: JsonObject): Promise<JsonObject> {
  return withoutStamp(await host.request("tools/call", { name, arguments: args }));
}

/** The answer without the one thing a server of 2026-07-28 adds of its own to every result: its name. */
function withoutStamp(answer: JsonObject): JsonObject {
  const { _meta, ...rest } = answer;
  if (!isJsonObject(_meta)) return answer;
  const { "io.modelcontextprotocol/serverInfo": stamp, ...others } = _meta;
  return stamp === undefined || Object.keys(others).length > 0 ? answer : rest;
}

function yardstick(server: ReferenceServer): Yardstick {
  const found = yardsticks.get(server);
  if (!found) throw new Error(`${server} was not measured`);
  return found;
}

function structured(answer: JsonObject): JsonObject {
  const { structuredContent } = answer;
  if (!isJsonObject(structuredContent)) throw new Error(`Expected structured content, found ${JSON.stringify(answer)}`);
  return structuredContent;
}

const list = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

/** The answer as JSON, but for the time of day that some resources of `everything` tell. */
const asText = (answer: JsonObject): string =>
  JSON.stringify(answer).replace(/created at [\d:]+( [AP]M)?/g, "created at some time");
