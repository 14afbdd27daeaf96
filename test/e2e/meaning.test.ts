import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startChatEndpoint } from "../support/chat-endpoint.ts";
import { runCommand } from "../support/command-line.ts";
import { startEmbeddingEndpoint } from "../support/embedding-endpoint.ts";
import { createGatewayHome } from "../support/gateway-home.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { json, startScriptedHttp } from "../support/scripted-http.ts";
import { textOf } from "../support/tool-answers.ts";

const TOOLS = [
  { name: "get_forecast", description: "Weather forecast of a city", inputSchema: { type: "object" } },
  { name: "send_mail", description: "Sends an email", inputSchema: { type: "object" } },
];
const KEY = "sk-a-key-of-the-test";

const startBackend = () => startScriptedHttp({ era: "legacy", on: { "tools/list": json({ tools: TOOLS }) } });

test("a tool of no shared word is found by meaning, and the next process asks about no document again", async () => {
  await using backend = await startBackend();
  await using endpoint = await startEmbeddingEndpoint();
  const embeddings = {
    url: `${endpoint.url}/v1`,
    model: "little",
    apiKey: `\${EMBEDDINGS_KEY}`,
    enabled: "on",
    timeoutMs: 5_000,
  };
  const registry = { mcpServers: { daily: { url: backend.url } }, search: { embeddings } };
  await using home = await createGatewayHome(registry, { EMBEDDINGS_KEY: KEY, SALLYPORT_LOG: "info" });
  const first = GatewayProcess.join(home);
  await first.initialize();
  expect(textOf(await first.callTool("discover", { needs: ["umbrella"] }))).toContain("nothing found");
  await vi.waitFor(async () => {
    expect(textOf(await first.callTool("status"))).toContain(
      "Search by meaning with little: on without a trial, 2 tools embedded",
    );
  });
  const found = textOf(await first.callTool("discover", { needs: ["umbrella"], explain: true }));
  expect(found).toMatch(/daily\/get_forecast\(\).*\n {2}matched: meaning #1/);
  await first[Symbol.asyncDispose]();

  const asked = endpoint.texts.length;
  await using second = GatewayProcess.join(home);
  await second.initialize();
  const again = textOf(await second.callTool("discover", { needs: ["umbrella"], explain: true }));
  expect(again).toBe(found.replaceAll("running", "stopped"));
  expect(endpoint.texts.slice(asked)).toEqual(["umbrella"]);
  expect(endpoint.requests.every(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(true);
  const kept = (await readdir(home.stateDir)).filter((name) => name.startsWith("search-vectors"));
  expect(kept).toHaveLength(1);
  for (const name of await readdir(home.stateDir)) {
    const path = join(home.stateDir, name);
    if (!(await stat(path)).isFile()) continue;
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).not.toContain(KEY);
  }
});

test("examples that a model wrote are in the registry, and the next search finds the tool by them", async () => {
  await using backend = await startBackend();
  const needs = ["should I take my galoshes", "what to wear outside", "is it going to pour"];
  await using chat = await startChatEndpoint((message) => (message.includes("forecast") ? JSON.stringify(needs) : "no idea"));
  const registry = { mcpServers: { daily: { url: backend.url } }, search: { chat: { url: chat.url, model: "writer" } } };
  await using home = await createGatewayHome(registry);
  expect((await runCommand(home, ["search", "galoshes"])).out).toBe("");
  const { code, out, err } = await runCommand(home, ["examples", "write", "daily", "--write"]);
  expect({ code, out }).toEqual({ code: 0, out: `daily/get_forecast\n    ${needs.join("\n    ")}\n` });
  expect(err).toContain("daily/send_mail: its answer has no three short needs in it\n");
  expect(err).toContain(`Examples of 1 tools were added to ${home.registryFile}\n`);
  expect((await runCommand(home, ["validate"])).code).toBe(0);
  expect((await runCommand(home, ["search", "galoshes", "--explain"])).out).toContain("examples galoshes");
});

test("the command line says what is wrong with how it was asked", async () => {
  await using home = await createGatewayHome({ mcpServers: {} });
  expect(await runCommand(home, ["examples", "write", "--limit", "none"])).toMatchObject({ code: 2 });
  const { code, err } = await runCommand(home, ["examples", "write"]);
  expect(code).toBe(3);
  expect(err).toContain(
    "No model is named that could write examples\nSet search.chat in the registry, or give --url and --model\n",
  );
});
