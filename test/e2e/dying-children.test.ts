import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { childrenOf, exists } from "../support/child-processes.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { dataOf, errorOf, objectOf, textOf } from "../support/tool-answers.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/backends/${name}`, import.meta.url));
const child = (name: string, over: JsonObject = {}): JsonObject => ({
  command: process.execPath,
  args: [fixture(name)],
  ...over,
});

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await GatewayProcess.start({
    mcpServers: {
      echo: child("echo-stdio.mjs"),
      other: child("echo-stdio.mjs"),
      fragile: child("echo-stdio.mjs"),
      short: child("echo-stdio.mjs", { callTimeoutMs: 700 }),
      noisy: child("stray-stdout.mjs"),
      early: child("crash-at-start.mjs"),
    },
  });
  await gateway.initialize();
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

const call = (address: string, args: JsonObject = {}): Promise<JsonObject> =>
  gateway.callTool("invoke", { tool: address, arguments: args });
const status = async (server: string): Promise<JsonObject> => dataOf(await gateway.callTool("status", { server }));

async function pidOf(server: string): Promise<number> {
  expect(textOf(await call(`${server}/echo`, { text: "up" }))).toBe("up");
  return Number(objectOf((await status(server))["facts"])["pid"]);
}

/** Resolves when the call has reached the server. */
const inFlight = (server: string): Promise<boolean> =>
  vi.waitUntil(async () => Number((await status(server))["inFlight"]) > 0, { interval: 5, timeout: 10_000 });

test("a child killed in the middle of a call: the caller is told the outcome is unknown, the next call finds it again", async () => {
  const pid = await pidOf("echo");
  const neighbour = call("other/slow", { ms: 300 });
  const answer = call("echo/hang");
  await inFlight("echo");
  process.kill(pid, "SIGKILL");
  expect(errorOf(await answer)).toMatchObject({ code: "unavailable", server: "echo", outcome: "unknown" });
  expect(textOf(await answer)).toContain("Outcome unknown");
  expect(await pidOf("echo")).not.toBe(pid);
  expect(exists(pid)).toBe(false);
  expect(childrenOf(gateway.child.pid)).not.toContain(pid);
  expect(textOf(await neighbour)).toBe("after 300 ms");
});

test("a child that exits instead of answering is told the same way", async () => {
  expect(errorOf(await call("fragile/crash"))).toMatchObject({ code: "unavailable", server: "fragile", outcome: "unknown" });
  await pidOf("fragile");
});

test("a child that is frozen: the call ends by callTimeoutMs, others go on, and once thawed it serves again", async () => {
  const pid = await pidOf("short");
  process.kill(pid, "SIGSTOP");
  try {
    const answer = call("short/echo", { text: "anybody there?" });
    expect(textOf(await call("other/echo", { text: "hi" }))).toBe("hi");
    expect(errorOf(await answer)).toMatchObject({ code: "deadline_exceeded", server: "short", outcome: "unknown" });
  } finally {
    process.kill(pid, "SIGCONT");
  }
  expect(await pidOf("short")).toBe(pid);
});

test("lines on a child's stdout that are no answer are skipped and counted", async () => {
  expect(textOf(await call("noisy/echo", { text: "signal" }))).toBe("signal");
  const found = await status("noisy");
  expect(Number(found["strayLines"])).toBeGreaterThan(5);
  expect(textOf(await gateway.callTool("status", { server: "noisy" }))).toMatch(/Skipped \d+ lines on its stdout/);
  expect(gateway.strayLines).toEqual([]);
});

test("an answer of 20 MB is refused with its reason, costs no other call anything, and the child goes on", async () => {
  const pid = await pidOf("echo");
  const beside = call("echo/slow", { ms: 200 });
  expect(errorOf(await call("echo/big", { bytes: 20_000_000 }))).toMatchObject({
    code: "answer_over_limit",
    server: "echo",
    outcome: "unknown",
    message: expect.stringMatching(/longer than \d+ bytes/),
  });
  expect(textOf(await beside)).toBe("after 200 ms");
  expect(await pidOf("echo")).toBe(pid);
});

test("an answer of 5 MB arrives whole, page by page", async () => {
  const { _meta: meta } = await call("echo/big", { bytes: 5_000_000 });
  const { handle, pages } = objectOf(objectOf(meta)["io.sallyport/result"]);
  let length = 0;
  for (let page = 1; page <= Number(pages); page += 1) {
    const [text] = (await gateway.callTool("read_result", { handle, page }))["content"] as readonly unknown[];
    length += String(objectOf(text)["text"]).length;
  }
  expect(length).toBe(5_000_000);
});

test("a child that cannot start is told with its last words", async () => {
  const error = errorOf(await call("early/anything"));
  expect(error).toMatchObject({ code: "start_failed", server: "early", outcome: "not_executed", retryable: true });
  expect(error["message"]).toContain("exited with code 3");
  expect(error["message"]).toContain("Error: the database is not there");
});

test("last, a child that is frozen for good does not keep the gateway from leaving, nor does it stay", async () => {
  const pid = await pidOf("short");
  process.kill(pid, "SIGSTOP");
  errorOf(await call("short/echo", { text: "anybody there?" }));
  expect(await gateway.end()).toEqual({ code: 0, signal: null });
  expect(exists(pid)).toBe(false);
});
