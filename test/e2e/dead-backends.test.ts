import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { isJsonObject } from "../../src/model/json.ts";
import { type BlackHole, openBlackHole } from "../support/black-hole.ts";
import { childrenOf, exists } from "../support/child-processes.ts";
import { GatewayProcess, resultOf } from "../support/gateway-process.ts";
import { createReferenceFiles, entryFor, type ReferenceFiles } from "../support/reference-servers.ts";

const SLEEPER = { command: "sleep", args: ["600"] };
const SHORT_MS = 700;
/** Far beyond the time limit of a test: whatever waits for it fails. */
const FOREVER_MS = 600_000;

let hole: BlackHole;
let files: ReferenceFiles;

beforeAll(async () => {
  hole = await openBlackHole();
  files = await createReferenceFiles();
});
afterAll(async () => {
  await hole?.[Symbol.asyncDispose]();
  await files?.[Symbol.asyncDispose]();
});

test("a host gets its handshake, the tools and an answer to discover although every backend hangs for ever", async () => {
  const patient = { startTimeoutMs: FOREVER_MS, callTimeoutMs: FOREVER_MS };
  await using gateway = await GatewayProcess.start({
    mcpServers: { sleeper: { ...SLEEPER, ...patient, warm: true }, hole: { url: hole.url, ...patient, warm: true } },
  });
  expect((await gateway.initialize())["protocolVersion"]).toBe("2025-11-25");
  expect(resultOf(await gateway.request("tools/list"))["tools"]).toHaveLength(11);
  const { structuredContent } = await gateway.callTool("discover", { needs: ["send a mail"] });
  expect(serversIn(structuredContent, "unknown")).toEqual(["hole", "sleeper"]);
});

test.each([
  ["sleeper", "is a child that never says a word"],
  ["hole", "is an address that takes the connection and never answers"],
  ["nobody", "is an address where nobody listens"],
  ["crash", "is a child that ends at once"],
  ["absent", "is a command that does not exist"],
])("a call to %s, which %s, ends with an error that says what to do", async (server) => {
  await using gateway = await startWithShortTimes();
  const answer = await gateway.callTool("invoke", { tool: `${server}/anything`, arguments: {} });
  expect(answer["isError"]).toBe(true);
  expect(answer["structuredContent"]).toMatchObject({
    error: {
      code: expect.stringMatching(/^(start_failed|deadline_exceeded|unavailable)$/),
      server,
      hint: expect.stringMatching(/\w+ \w+/),
    },
  });
  expect(JSON.stringify(answer["content"])).toContain(server);
});

test("a question to many servers prints no warning of Node's on the way", async () => {
  const servers = Array.from({ length: 24 }, (_, at) => [`crash-${at}`, { command: process.execPath, args: ["-e", "0"] }]);
  await using gateway = await GatewayProcess.start({ mcpServers: Object.fromEntries(servers) });
  await gateway.initialize();
  await gateway.callTool("discover", { needs: ["send a mail"] });
  expect(gateway.stderr).not.toMatch(/Warning/);
});

test("a server that works is found and called while its neighbours hang", async () => {
  await using gateway = await startWithShortTimes();
  const hanging = ["sleeper", "hole"].map((server) => gateway.callTool("invoke", { tool: `${server}/anything`, arguments: {} }));
  const answer = await gateway.callTool("invoke", { tool: "alive/echo", arguments: { message: "still here" } });
  expect(answer).toEqual({ content: [{ type: "text", text: "Echo: still here" }] });
  const hits = await gateway.callTool("discover", { needs: ["echo a message back"] });
  expect(JSON.stringify(hits["structuredContent"])).toContain('"alive/echo"');
  for (const ended of await Promise.all(hanging)) expect(ended["isError"]).toBe(true);
});

test("a batch gives the answers that there are, in order, and the errors in their places", async () => {
  await using gateway = await startWithShortTimes();
  const call = (tool: string) => ({ tool, arguments: { message: "hi" } });
  const answer = await gateway.callTool("invoke_many", { calls: [call("alive/echo"), call("crash/echo"), call("alive/echo")] });
  expect(answer["structuredContent"]).toMatchObject({
    answers: [{ isError: false }, { isError: true, error: { code: "start_failed", server: "crash" } }, { isError: false }],
  });
  expect(JSON.stringify(answer["content"]).split("Echo: hi")).toHaveLength(3);
});

test("a host that leaves while a backend hangs in its start is not kept waiting, and no child stays behind", async () => {
  const gateway = await GatewayProcess.start({
    defaults: { drainMs: 100 },
    mcpServers: { sleeper: { ...SLEEPER, startTimeoutMs: FOREVER_MS } },
  });
  await gateway.initialize();
  gateway.callTool("invoke", { tool: "sleeper/anything", arguments: {} }).catch(() => undefined); // may end without an answer
  const children = await vi.waitUntil(() => {
    const found = childrenOf(gateway.child.pid);
    return found.length > 0 && found;
  });
  expect(await gateway.end()).toEqual({ code: 0, signal: null });
  expect(children.filter(exists)).toEqual([]);
  await gateway[Symbol.asyncDispose]();
});

async function startWithShortTimes(): Promise<GatewayProcess> {
  const short = { startTimeoutMs: SHORT_MS, callTimeoutMs: SHORT_MS };
  const gateway = await GatewayProcess.start({
    mcpServers: {
      sleeper: { ...SLEEPER, ...short },
      hole: { url: hole.url, ...short },
      nobody: { url: "http://127.0.0.1:9/mcp", ...short },
      crash: { command: "false", ...short },
      absent: { command: "no-such-command-anywhere", ...short },
      alive: entryFor("everything", files),
    },
  });
  await gateway.initialize();
  return gateway;
}

function serversIn(answer: unknown, key: string): unknown[] {
  const entries = isJsonObject(answer) && Array.isArray(answer[key]) ? answer[key] : [];
  return entries.map((entry: unknown) => (isJsonObject(entry) ? entry["server"] : undefined)).sort();
}
