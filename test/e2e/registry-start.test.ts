import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { createGatewayHome, type GatewayHome } from "../support/gateway-home.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { dataOf, errorOf, objectOf, textOf } from "../support/tool-answers.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/backends/${name}`, import.meta.url));
const GOOD = { mcpServers: { echo: { command: process.execPath, args: [fixture("echo-stdio.mjs")] } } };
const BAD = '{\n  "mcpServers": { "echo": { "command": 7 } }\n}';
/** A place in the registry, as people write it there. */
const variable = (name: string): string => `\${${name}}`;

let home: GatewayHome;

beforeEach(async () => {
  home = await createGatewayHome(GOOD);
});
afterEach(() => home[Symbol.asyncDispose]());

const write = (text: string): Promise<void> => writeFile(home.registryFile, text);
const registryOf = async (gateway: GatewayProcess): Promise<JsonObject> =>
  objectOf(dataOf(await gateway.callTool("status"))["registry"]);
const echo = (gateway: GatewayProcess): Promise<JsonObject> =>
  gateway.callTool("invoke", { tool: "echo/echo", arguments: { text: "hi" } });

/** Lets an earlier process see the good version. */
async function seeGoodVersion(): Promise<void> {
  await using earlier = await open();
  expect(await registryOf(earlier)).toMatchObject({ state: "ok", servers: 1 });
}

async function open(): Promise<GatewayProcess> {
  const gateway = GatewayProcess.join(home);
  await gateway.initialize();
  return gateway;
}

test("a start with an invalid file goes on with the last good copy, loudly, and follows the file once it is mended", async () => {
  await seeGoodVersion();
  await write(BAD);
  await using gateway = await open();
  expect(textOf(await echo(gateway))).toBe("hi");
  expect(await registryOf(gateway)).toMatchObject({ state: "fallback", servers: 1, errors: [{ line: 2, column: 40 }] });
  expect(textOf(await gateway.callTool("status"))).toContain("the last good copy is in force");
  expect(gateway.stderr).toContain('"line":2');
  await write(JSON.stringify({ mcpServers: {} }));
  await vi.waitUntil(async () => (await registryOf(gateway))["state"] === "ok", { timeout: 10_000 });
  expect(errorOf(await echo(gateway))).toMatchObject({ code: "not_found" });
});

test("a start with an invalid file and no good copy serves, says why there is nothing, and follows the file", async () => {
  await write(BAD);
  await using gateway = await open();
  expect(await registryOf(gateway)).toMatchObject({ state: "invalid", servers: 0, errors: [{ line: 2, column: 40 }] });
  expect(textOf(await gateway.callTool("discover", { needs: ["echo"] }))).toContain("There are no servers: ");
  expect(errorOf(await echo(gateway))).toMatchObject({ code: "not_found" });
  await write(JSON.stringify(GOOD));
  await vi.waitUntil(async () => (await registryOf(gateway))["state"] === "ok", { timeout: 10_000 });
  expect(textOf(await echo(gateway))).toBe("hi");
});

test("a file that is not there is told by name, and followed once it is written", async () => {
  await rm(home.registryFile);
  await using gateway = await open();
  expect(textOf(await gateway.callTool("discover", { needs: ["echo"] }))).toContain(
    `Cannot read ${home.registryFile}: there is no such file`,
  );
  await write(JSON.stringify(GOOD));
  await vi.waitUntil(async () => (await registryOf(gateway))["state"] === "ok", { timeout: 10_000 });
  expect(textOf(await echo(gateway))).toBe("hi");
});

test.each<[string, () => Promise<void>, string]>([
  ["is invalid", () => write(BAD), "registry.json:2:40 error: "],
  ["is not there", () => rm(home.registryFile), "there is no such file"],
])("--strict refuses to start when the file %s, with exit code 3 and the reason on stderr", async (_why, spoil, reason) => {
  await seeGoodVersion();
  await spoil();
  await using gateway = GatewayProcess.join(home, ["--strict"]);
  expect(await gateway.exited).toEqual({ code: 3, signal: null });
  expect(gateway.stderr).toContain(reason);
});

test("--strict starts with a valid file", async () => {
  await using gateway = GatewayProcess.join(home, ["--strict"]);
  await gateway.initialize();
  expect(textOf(await echo(gateway))).toBe("hi");
});

test("an entry with an unset variable is listed, never started, and never handed what is written there", async () => {
  const entry = (args: readonly string[], env: JsonObject) => ({
    command: process.execPath,
    args: [fixture("outset.mjs"), ...args],
    env,
  });
  await write(
    JSON.stringify({
      mcpServers: {
        incomplete: entry([`--token=${variable("SALLYPORT_TEST_UNSET")}`], { KEY: variable("SALLYPORT_TEST_KEY") }),
        complete: entry([`--token=${variable("SALLYPORT_TEST_SET")}`], { KEY: `${variable("SALLYPORT_TEST_UNSET:-none")}` }),
      },
    }),
  );
  await writeFile(`${home.dir}/.env`, "SALLYPORT_TEST_SET=from-file\n");
  await using gateway = await open();
  expect(dataOf(await gateway.callTool("list_servers"))["servers"]).toMatchObject([
    { server: "incomplete", state: "needs-config", needs: ["SALLYPORT_TEST_KEY", "SALLYPORT_TEST_UNSET"] },
    { server: "complete", state: "stopped", needs: [] },
  ]);
  for (const [name, args] of [
    ["invoke", { tool: "incomplete/outset" }],
    ["invoke_readonly", { tool: "incomplete/outset" }],
    ["manage", { action: "start", server: "incomplete" }],
    ["resources", { action: "list", server: "incomplete" }],
  ] as const) {
    const error = errorOf(await gateway.callTool(name, args));
    expect(error).toMatchObject({
      code: "needs_config",
      message: expect.stringContaining("SALLYPORT_TEST_KEY, SALLYPORT_TEST_UNSET"),
    });
  }
  expect(textOf(await gateway.callTool("describe", { tools: ["incomplete/outset"] }))).toContain("needs_config");
  const outset = JSON.parse(textOf(await gateway.callTool("invoke", { tool: "complete/outset" })));
  expect(outset).toMatchObject({ args: ["--token=from-file"], KEY: "none" });
  expect(dataOf(await gateway.callTool("status", { server: "incomplete" }))).toMatchObject({ figures: { starts: 0 } });
});
