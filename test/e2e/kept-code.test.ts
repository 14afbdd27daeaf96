import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createGatewayHome, type GatewayHome } from "../support/gateway-home.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { textOf } from "../support/tool-answers.ts";

const ECHO = fileURLToPath(new URL("../fixtures/backends/echo-stdio.mjs", import.meta.url));

let home: GatewayHome;
beforeEach(async () => {
  home = await createGatewayHome({ mcpServers: { echo: { command: process.execPath, args: [ECHO] } } });
});
afterEach(() => home[Symbol.asyncDispose]());

/** One session: a search and a call, each answered as ever, and a clean end. */
async function session(at: GatewayHome = home): Promise<void> {
  const gateway = GatewayProcess.join(at);
  await gateway.initialize();
  expect(textOf(await gateway.callTool("invoke", { tool: "echo/echo", arguments: { text: "hi" } }))).toBe("hi");
  expect(textOf(await gateway.callTool("discover", { needs: ["echo a text"] }))).toContain("echo");
  await gateway[Symbol.asyncDispose]();
  expect(await gateway.exited).toEqual({ code: 0, signal: null });
  expect(gateway.stderr).not.toContain("Error");
}

/** The files of kept code, and what tells whether they were written again. */
function kept(): Record<string, string> {
  const root = join(home.stateDir, "compiled");
  const files = existsSync(root)
    ? readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    : [];
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const { ino, mtimeMs } = statSync(join(parentPath, name));
      return [join(parentPath, name), `${ino} ${mtimeMs}`];
    }),
  );
}

describe("the compiled form of the code", () => {
  test("is kept by the first session and taken by the next ones", async () => {
    await session();
    const first = kept();
    expect(Object.keys(first).length).toBeGreaterThan(5);
    await session();
    expect(kept()).toEqual(first);
  });

  test("is put right where it was torn, or is what another program wrote", async () => {
    await session();
    const files = Object.keys(kept());
    for (const [at, file] of files.entries()) {
      const bytes = readFileSync(file);
      writeFileSync(file, at % 2 === 0 ? bytes.subarray(0, bytes.length / 2) : "another program's");
    }
    await session();
    for (const file of files) expect(statSync(file).size).toBeGreaterThan(500);
    const mended = kept();
    await session();
    expect(kept()).toEqual(mended);
  });

  test("is not kept where it is switched off", async () => {
    await session({ ...home, env: { ...home.env, NODE_DISABLE_COMPILE_CACHE: "1" } });
    expect(kept()).toEqual({});
  });

  test("is whole after ten gateways at once have kept it", async () => {
    await session({ ...home, env: { ...home.env, NODE_DISABLE_COMPILE_CACHE: "1" } });
    await Promise.all(Array.from({ length: 10 }, () => session()));
    const together = kept();
    await session();
    expect(kept()).toEqual(together);
    expect(Object.keys(together).filter((file) => !file.endsWith(".js"))).toEqual([]);
  });
});
