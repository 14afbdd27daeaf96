import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, test } from "vitest";
import type { ProgressUpdate } from "../../../src/model/call.ts";
import { connect, patient } from "../../support/connecting.ts";
import { unusedPort } from "../../support/scripted-http.ts";

const ENTRY = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/dist/index.js");

/** The reference server as a process of its own, listening; disposing it kills it. */
async function startEverything(port: number): Promise<AsyncDisposable> {
  const env = { PATH: process.env["PATH"], PORT: String(port) };
  const child: ChildProcess = spawn(process.execPath, [ENTRY, "streamableHttp"], { env, stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream }))
    if (line.includes("listening")) break;
  child.stderr?.resume();
  return {
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

describe("the reference server over HTTP", () => {
  let port = 0;
  const url = () => `http://127.0.0.1:${port}/mcp`;
  beforeAll(async () => {
    port = await unusedPort();
  });

  test("is legacy, lists and calls tools, and reports progress", async () => {
    await using _server = await startEverything(port);
    await using connection = await connect(url());
    expect(connection.era).toBe("legacy");
    const { tools } = await connection.request("tools/list", {}, { signal: patient() });
    expect(tools).toEqual(expect.arrayContaining([expect.objectContaining({ name: "echo" })]));
    const echo = await connection.request("tools/call", { name: "echo", arguments: { message: "hi" } }, { signal: patient() });
    expect(echo).toEqual({ content: [{ type: "text", text: "Echo: hi" }] });
    const heard: unknown[] = [];
    const long = { name: "trigger-long-running-operation", arguments: { duration: 0.05, steps: 3 } };
    const onProgress = ({ progress, total }: ProgressUpdate) => void heard.push([progress, total]);
    await connection.request("tools/call", long, { signal: patient(), onProgress });
    expect(heard).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    await connection.probe(patient());
  });

  test("may be restarted under an open connection: its lost session is begun anew", async () => {
    const before = await startEverything(port);
    await using connection = await connect(url());
    const echo = (message: string) =>
      connection.request("tools/call", { name: "echo", arguments: { message } }, { signal: patient() });
    await echo("one");
    await before[Symbol.asyncDispose]();
    await expect(echo("down")).rejects.toMatchObject({ code: "unavailable" });
    await using _after = await startEverything(port);
    expect(await Promise.all([echo("two"), echo("three")])).toEqual([
      { content: [{ type: "text", text: "Echo: two" }] },
      { content: [{ type: "text", text: "Echo: three" }] },
    ]);
  });
});
