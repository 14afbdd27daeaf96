import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { exists } from "../support/child-processes.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { dataOf, objectOf, textOf } from "../support/tool-answers.ts";

const ECHO = fileURLToPath(new URL("../fixtures/backends/echo-stdio.mjs", import.meta.url));
const echo = (over: JsonObject = {}): JsonObject => ({ command: process.execPath, args: [ECHO], protocolEra: "legacy", ...over });
const printed = (servers: JsonObject): string => JSON.stringify({ mcpServers: servers }, null, 2);

let gateway: GatewayProcess;

beforeEach(async () => {
  gateway = await GatewayProcess.start({ mcpServers: { kept: echo(), other: echo() } });
  await gateway.initialize();
});
afterEach(() => gateway?.[Symbol.asyncDispose]());

const edit = (text: string): Promise<void> => writeFile(gateway.home.registryFile, text);
const call = (server: string, tool = "echo", args: JsonObject = { text: "hi" }): Promise<JsonObject> =>
  gateway.callTool("invoke", { tool: `${server}/${tool}`, arguments: args });
const registry = async (): Promise<JsonObject> => objectOf(dataOf(await gateway.callTool("status"))["registry"]);
const registryIs = (state: string, servers: number): Promise<boolean> =>
  vi.waitUntil(
    async () => {
      const found = await registry();
      return found["state"] === state && found["servers"] === servers;
    },
    { timeout: 10_000 },
  );
async function pidOf(server: string): Promise<number> {
  const { facts } = dataOf(await gateway.callTool("status", { server }));
  return Number(objectOf(facts)["pid"]);
}

test("an edit in place and one by rename are followed; a server nobody touched keeps its process", async () => {
  await call("kept");
  const pid = await pidOf("kept");
  await edit(printed({ kept: echo(), other: echo(), third: echo() }));
  await registryIs("ok", 3);
  expect(textOf(await call("third"))).toBe("hi");

  const fresh = join(gateway.home.dir, ".registry.json.swp");
  await writeFile(fresh, printed({ kept: echo() }));
  await rename(fresh, gateway.home.registryFile);
  await registryIs("ok", 1);
  expect(textOf(await call("third"))).toContain("not_found");
  expect(textOf(await call("kept"))).toBe("hi");
  expect(await pidOf("kept")).toBe(pid);
});

test("an invalid version changes nothing and is told with line and column, until the file is mended", async () => {
  await call("kept");
  const pid = await pidOf("kept");
  await edit('{\n  "mcpServers": {\n    "kept": { "command": 7 }\n  }\n}');
  await registryIs("stale", 2);
  expect(await registry()).toMatchObject({ errors: [{ line: 3, column: 26, path: "mcpServers.kept.command" }] });
  expect(textOf(await gateway.callTool("status"))).toContain("error line 3, column 26, mcpServers.kept.command");
  expect(textOf(await call("other"))).toBe("hi");

  await edit('{ "mcpServers": {');
  await vi.waitUntil(async () => JSON.stringify((await registry())["errors"]).includes('"line":1'), { timeout: 10_000 });
  expect(await registry()).toMatchObject({ state: "stale", servers: 2 });

  await edit(printed({ kept: echo(), other: echo(), third: echo() }));
  await registryIs("ok", 3);
  expect((await registry())["errors"]).toEqual([]);
  expect(await pidOf("kept")).toBe(pid);
});

test("a removed server finishes what is in flight, takes nothing new, and its process ends", async () => {
  await call("other");
  const pid = await pidOf("other");
  const inFlight = call("other", "slow", { ms: 1_500 });
  await edit(printed({ kept: echo() }));
  await registryIs("ok", 1);
  expect(textOf(await call("other"))).toContain("not_found");
  expect(exists(pid)).toBe(true);
  expect(textOf(await inFlight)).toBe("after 1500 ms");
  await vi.waitUntil(() => !exists(pid), { timeout: 10_000 });
});

test("a changed server is started anew by the next call while the old one finishes", async () => {
  await call("other");
  const old = await pidOf("other");
  const inFlight = call("other", "slow", { ms: 1_500 });
  await edit(printed({ kept: echo(), other: echo({ env: { COLOUR: "blue" } }) }));
  await vi.waitUntil(async () => textOf(await call("other", "environment", {})).includes("COLOUR"), { timeout: 10_000 });
  expect(await pidOf("other")).not.toBe(old);
  expect(textOf(await inFlight)).toBe("after 1500 ms");
  await vi.waitUntil(() => !exists(old), { timeout: 10_000 });
});
