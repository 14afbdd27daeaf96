import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandEnd, runCommand } from "../support/command-line.ts";
import { createGatewayHome, type GatewayHome } from "../support/gateway-home.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/backends/${name}`, import.meta.url));
const child = (name: string) => ({ command: process.execPath, args: [fixture(name)] });
const ESCAPE = "\u001b[";

let home: GatewayHome;
let broken: GatewayHome;

beforeAll(async () => {
  home = await createGatewayHome({
    mcpServers: {
      echo: { ...child("echo-stdio.mjs"), description: "Repeats things", protocolEra: "legacy" },
      early: child("crash-at-start.mjs"),
      locked: { ...child("echo-stdio.mjs"), env: { KEY: "$" + "{SALLYPORT_TEST_UNSET}" } },
      off: { ...child("echo-stdio.mjs"), enabled: false },
    },
  });
  broken = await createGatewayHome({});
  await writeFile(broken.registryFile, '{\n  "mcpServers": { "echo": { "command": 7 } }\n}');
});
afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await broken?.[Symbol.asyncDispose]();
});

const run = (...args: string[]): Promise<CommandEnd> => runCommand(home, args);
const runJson = async (...args: string[]): Promise<{ code: number | null; data: unknown }> => {
  const { code, out } = await run(...args, "--json");
  return { code, data: JSON.parse(out) };
};

describe.concurrent("validate", () => {
  test("says in one line that all is well", async () => {
    expect(await run("validate")).toEqual({ code: 0, out: `${home.registryFile}: 4 servers, 0 warnings\n`, err: "" });
    expect(await runJson("validate")).toEqual({
      code: 0,
      data: { file: home.registryFile, valid: true, servers: 4, problems: [] },
    });
  });

  test("prints every problem as compilers do, and exits with 3", async () => {
    const { code, out, err } = await runCommand(broken, ["validate"]);
    expect({ code, out }).toEqual({ code: 3, out: "" });
    expect(err).toContain(`${broken.registryFile}:2:40 error: mcpServers.echo.command: expected a string, found a number`);
    const { out: json } = await runCommand(broken, ["validate", "--json"]);
    expect(JSON.parse(json)).toMatchObject({ valid: false, problems: [{ line: 2, column: 40 }] });
  });
});

describe.concurrent("what is known of the servers", () => {
  test("list shows every server with its state, and starts none", async () => {
    const { code, out, err } = await run("list");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["SERVER", "STATE", "TRANSPORT", "TOOLS", "DESCRIPTION"],
      ["echo", "stopped", "stdio", expect.any(String), "Repeats things"],
      ["early", "stopped", "stdio", "?"],
      ["locked", "needs-config: SALLYPORT_TEST_UNSET", "stdio", "?"],
      ["off", "disabled", "stdio", "?"],
      [""],
    ]);
    expect(await runJson("list")).toMatchObject({
      code: 0,
      data: { servers: [{ server: "echo" }, {}, { state: "needs-config" }, {}] },
    });
  });

  test("search finds tools with their arguments, and names the servers it could not ask", async () => {
    const { code, out, err } = await run("search", "add", "two", "numbers");
    expect(code).toBe(0);
    expect(out).toContain("echo/add(a: number, b: number)\n    Adds two numbers\n");
    expect(err).toContain('The tools of "early" are not known: ');
    const { data } = await runJson("search", "add two numbers", "--server", "echo");
    expect(data).toMatchObject({ results: [{ need: "add two numbers", hits: [{ tool: "echo/add" }] }], unknown: [] });
  });

  test("info shows a server, or the whole definition of a tool", async () => {
    expect((await run("info", "echo")).out).toMatch(/^echo stopped, stdio\nRepeats things\n/);
    expect(await runJson("info", "echo/add")).toMatchObject({ code: 0, data: { tool: "echo/add", definition: { name: "add" } } });
    expect(await runJson("info", "echo/ad")).toMatchObject({ code: 5, data: { error: { code: "not_found" } } });
  });

  test("status tells what became of the registry", async () => {
    const { code, out } = await run("status");
    expect(code).toBe(0);
    expect(out).toContain(`Registry ${home.registryFile}: ok, 4 servers\n`);
    expect(await runJson("status")).toMatchObject({ code: 0, data: { registry: { state: "ok", servers: 4 } } });
    const { code: bad, out: json } = await runCommand(broken, ["status", "--json"]);
    expect(bad).toBe(3);
    expect(JSON.parse(json)).toMatchObject({ registry: { state: "invalid", errors: [{ line: 2 }] } });
  });
});

describe.concurrent("call", () => {
  test("takes pairs, read as the tool's schema wants them, and a JSON object", async () => {
    expect(await run("call", "echo/echo", "text=5")).toEqual({ code: 0, out: "5\n", err: "" });
    expect(await runJson("call", "echo/add", "b=5", "--args", '{"a": 1, "b": 2}')).toEqual({
      code: 0,
      data: { content: [{ type: "text", text: "6" }], structuredContent: { sum: 6 } },
    });
  });

  test("writes an answer of 4 MB whole, also to a slow reader", async () => {
    const { out, code } = await run("call", "echo/big", "bytes=4000000");
    expect([code, out.length]).toEqual([0, 4_000_001]);
  });

  test("leaves in peace when its reader has enough", async () => {
    const args = [...home.args, "call", "echo/big", "bytes=4000000"];
    const command = spawn(home.command, args, { env: home.env, stdio: ["ignore", "pipe", "pipe"] });
    command.stdout.destroy();
    let err = "";
    command.stderr.on("data", (chunk) => {
      err += chunk;
    });
    await once(command, "close");
    expect([command.exitCode, err]).toEqual([0, ""]);
  });

  test.each<[string, number, readonly string[], string]>([
    ["a tool that fails", 5, ["echo/fail"], ""],
    ["a server that cannot start", 4, ["early/x"], "Error: the database is not there"],
    ["a server that lacks a variable", 3, ["locked/echo", "text=a"], "SALLYPORT_TEST_UNSET"],
    ["something that is no address", 2, ["echo"], 'expected "server/tool"'],
  ])("of %s exits with %i and says why on stderr, without a line for machines", async (_what, code, args, reason) => {
    const end = await run("call", ...args);
    expect(end).toMatchObject({ code, err: expect.stringContaining(reason) });
    expect(end.err).not.toContain('"level"');
  });

  test("tells a failure as one JSON object, too", async () => {
    expect(await runJson("call", "ekko/echo")).toEqual({
      code: 5,
      data: { error: { code: "not_found", message: expect.stringContaining("ekko"), hint: expect.any(String) } },
    });
  });
});

describe.concurrent("every command", () => {
  test("of an invalid registry says where it is invalid and exits with 3", async () => {
    const end = await runCommand(broken, ["list"]);
    expect(end).toMatchObject({ code: 3, out: "", err: expect.stringContaining("registry.json:2:40") });
  });

  test.each([[["lsit"]], [["call"]], [["list", "--colour"]], [["list", "surplus"]], [["serve", "--fast"]]])(
    "%j is refused with 2",
    async (args) => {
      expect(await run(...args)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/^error: /) });
    },
  );

  test("prints help and version on stdout", async () => {
    expect(await run("--help")).toMatchObject({ code: 0, out: expect.stringContaining("validate") });
    expect((await run("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("colours only where it is wanted: NO_COLOR and --no-color win", async () => {
    const info = async (env: Record<string, string>, ...flags: string[]) =>
      (await runCommand(home, ["info", "echo", ...flags], env)).out;
    expect(await info({ FORCE_COLOR: "1" })).toContain(ESCAPE);
    expect(await info({ FORCE_COLOR: "1", NO_COLOR: "1" })).not.toContain(ESCAPE);
    expect(await info({ FORCE_COLOR: "1" }, "--no-color")).not.toContain(ESCAPE);
  });
});
