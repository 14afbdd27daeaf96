import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { isJsonObject } from "../../src/model/json.ts";
import { childrenOf } from "../support/child-processes.ts";
import { createGatewayHome } from "../support/gateway-home.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { json, startScriptedHttp } from "../support/scripted-http.ts";
import { dataOf, errorOf, textOf } from "../support/tool-answers.ts";

const ECHO = fileURLToPath(new URL("../fixtures/backends/echo-stdio.mjs", import.meta.url));
const tool = (name: string) => ({ name, description: `Does ${name}`, inputSchema: { type: "object" } });

test("a second process finds and describes what the first has seen, with nothing running", async () => {
  await using home = await createGatewayHome({ mcpServers: { echo: { command: process.execPath, args: [ECHO] } } });
  const first = GatewayProcess.join(home);
  await first.initialize();
  const before = await first.callTool("discover", { needs: ["add two numbers"] });
  const described = await first.callTool("describe", { tools: ["echo/add"] });
  expect(textOf(before)).toContain("echo/add(a: number, b: number)");
  await first[Symbol.asyncDispose]();

  await using second = GatewayProcess.join(home);
  await second.initialize();
  const after = await second.callTool("discover", { needs: ["add two numbers"] });
  expect(textOf(after)).toBe(textOf(before).replaceAll("running", "stopped"));
  expect(textOf(await second.callTool("describe", { tools: ["echo/add"] }))).toBe(
    textOf(described).replaceAll("running", "stopped"),
  );
  expect(childrenOf(second.child.pid)).toEqual([]);
});

test("a bad tool in a list is set aside with its reason and the rest can be used", async () => {
  const tools = [tool("first"), "nonsense", { ...tool("closed"), inputSchema: false }, tool("two words"), tool("last")];
  await using backend = await startScriptedHttp({
    era: "legacy",
    on: { "tools/list": json({ tools }), "tools/call": json({ content: [{ type: "text", text: "used" }] }) },
  });
  await using gateway = await GatewayProcess.start({ mcpServers: { mixed: { url: backend.url } } });
  await gateway.initialize();
  for (const name of ["first", "last"]) expect(textOf(await gateway.callTool("invoke", { tool: `mixed/${name}` }))).toBe("used");
  const { quarantined } = dataOf(await gateway.callTool("status", { server: "mixed" }));
  expect(Array.isArray(quarantined) && quarantined.filter(isJsonObject).map(({ name }) => name)).toEqual([
    "tools[1]",
    "closed",
    "two words",
  ]);
  expect(errorOf(await gateway.callTool("invoke", { tool: "mixed/closed" }))).toMatchObject({
    code: "not_found",
    message: expect.stringContaining("set aside: The inputSchema admits no arguments at all"),
  });
  expect(backend.of("tools/call")).toHaveLength(2);
});

test("a list without an end is cut and what was read can be used", async () => {
  let page = 0;
  await using backend = await startScriptedHttp({
    era: "legacy",
    on: {
      "tools/list": (request, response) => {
        page += 1;
        json({ tools: [tool(`t${page}`)], nextCursor: `after ${page}` })(request, response);
      },
      "tools/call": json({ content: [{ type: "text", text: "used" }] }),
    },
  });
  await using gateway = await GatewayProcess.start({ mcpServers: { endless: { url: backend.url } } });
  await gateway.initialize();
  expect(textOf(await gateway.callTool("invoke", { tool: "endless/t64" }))).toBe("used");
  expect(page).toBe(64);
});

test("a change that a backend announces shows in the next answer", async () => {
  const file = fileURLToPath(new URL("../fixtures/backends/growing.mjs", import.meta.url));
  await using gateway = await GatewayProcess.start({ mcpServers: { growing: { command: process.execPath, args: [file] } } });
  await gateway.initialize();
  await gateway.callTool("invoke", { tool: "growing/grow" });
  const known = () => gateway.callTool("discover", { needs: ["grown"], server: "growing" });
  await vi.waitUntil(async () => textOf(await known()).includes("growing/grown"), { timeout: 10_000 });
  expect(textOf(await gateway.callTool("invoke", { tool: "growing/grown" }))).toBe("grown");
});
