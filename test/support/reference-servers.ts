import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { JsonObject } from "../../src/model/json.ts";
import type { Launch } from "./gateway-home.ts";
import { connectOverStdio, type HostClient, hostClient } from "./sdk-clients.ts";

/** The reference servers of the MCP project, everything once over each transport. */
export const REFERENCE_SERVERS = ["everything", "everything-http", "filesystem", "memory", "thinking"] as const;
export type ReferenceServer = (typeof REFERENCE_SERVERS)[number];

/** One temporary directory for what the servers read and write, the same for a direct and a relayed conversation. */
export interface ReferenceFiles extends AsyncDisposable {
  /** What the filesystem server may see; real path, since the server answers with real paths. */
  readonly root: string;
  /** A memory file that does not exist yet, another one each time. */
  freshMemoryFile(): string;
}

/** Lays out files of every kind the filesystem server tells apart. */
export async function createReferenceFiles(): Promise<ReferenceFiles> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "sallyport-reference-")));
  const root = join(dir, "files");
  await mkdir(root);
  await writeFile(join(root, "poem.txt"), 'Türen öffnen sich\nund schließen "leise"\\\n\u{1f6aa}\n');
  await writeFile(join(root, "dot.png"), Buffer.from(PNG_BASE64, "base64"));
  await writeFile(join(root, "tone.wav"), silentWav());
  await writeFile(join(root, "numbers.bin"), Buffer.from([0, 1, 2, 250, 251, 255]));
  let memories = 0;
  return {
    root,
    freshMemoryFile: () => join(dir, `memory-${++memories}.jsonl`),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** The registry entry of a server, in the words a user would write. */
export function entryFor(server: ReferenceServer, files: ReferenceFiles): JsonObject {
  const launch = launchOf(server, files);
  const entry = { command: launch.command, args: launch.args, env: launch.env };
  if (server !== "everything-http") return entry;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is the registry's, which puts a free port there
  return { ...entry, env: { ...launch.env, PORT: "${PORT}" }, transport: "http", path: "/mcp" };
}

/** Connects an SDK v2 client to the server itself, without the gateway: the yardstick for every relayed answer. */
export function connectDirectly(server: ReferenceServer, files: ReferenceFiles): Promise<HostClient> {
  const launch = launchOf(server, files);
  return server === "everything-http" ? connectOverHttp(launch) : connectOverStdio("v2 legacy", launch);
}

async function connectOverHttp(launch: Launch): Promise<HostClient> {
  const port = await freePort();
  const child = spawn(launch.command, launch.args, {
    env: { ...launch.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  await lineOf(child, /listening on port/);
  const client = new Client({ name: "sallyport-tests", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://localhost:${port}/mcp`)));
  return {
    ...hostClient(client),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

function launchOf(server: ReferenceServer, files: ReferenceFiles): Launch {
  const env = { PATH: process.env["PATH"] ?? "" };
  switch (server) {
    case "everything":
      return { command: bin("mcp-server-everything"), args: ["stdio"], env };
    case "everything-http":
      return { command: bin("mcp-server-everything"), args: ["streamableHttp"], env };
    case "filesystem":
      return { command: bin("mcp-server-filesystem"), args: [files.root], env };
    case "memory":
      return { command: bin("mcp-server-memory"), args: [], env: { ...env, MEMORY_FILE_PATH: files.freshMemoryFile() } };
    case "thinking":
      return { command: bin("mcp-server-sequential-thinking"), args: [], env };
  }
}

const bin = (name: string): string => fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("Expected an IP address");
  return address.port;
}

async function lineOf(child: ChildProcess, pattern: RegExp): Promise<void> {
  if (!child.stderr) throw new Error("Expected a piped stderr");
  for await (const line of createInterface({ input: child.stderr })) if (pattern.test(line)) break;
  child.stderr.resume(); // unread, the pipe would fill and stop the server
}

const PNG_BASE64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Four samples of silence, 8 kHz, 8 bit, mono. */
function silentWav(): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(40, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(8_000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write("data", 36);
  header.writeUInt32LE(4, 40);
  return Buffer.concat([header, Buffer.alloc(4, 0x80)]);
}
