// Starts the built gateway on registry.json as a host would and shows what a model sees. Run: npm run demo
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { isJsonObject, type JsonObject } from "../src/model/json.ts";
import { formatMs } from "../src/model/units.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const GATEWAY = join(ROOT, "dist", "main.js");
const SRC = join(ROOT, "src");
const CHARS_PER_TOKEN = 4;
const WIDTH = 130;
const MOST_LINES = 14;

/** The servers of registry.json without a gateway in between: what a host without one would have to show its model. */
const DIRECT = [
  ["mcp-server-everything", "stdio"],
  ["mcp-server-filesystem", SRC],
  ["mcp-server-memory"],
  ["mcp-server-sequential-thinking"],
] as const;

const scratch = mkdtempSync(join(tmpdir(), "sallyport-demo-"));
try {
  if (!existsSync(GATEWAY)) throw new Error("dist/main.js does not exist; run `npm run build`");
  await demo();
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}

async function demo(): Promise<void> {
  const begin = performance.now();
  const host = await connect(process.execPath, [GATEWAY, "--registry", join(ROOT, "registry.json")], {
    SALLYPORT_STATE_DIR: join(scratch, "state"),
    MEMORY_FILE_PATH: join(scratch, "memory.jsonl"),
  });
  try {
    heading("The gateway is up", begin);
    say(`protocol ${host.getNegotiatedProtocolVersion()}, no server started yet`);
    await tour(host);
    await compareTokens(host);
  } finally {
    await host.close();
  }
}

async function tour(host: Client): Promise<void> {
  const main = join(SRC, "main.ts");
  const call = async (title: string, name: string, args: JsonObject, failing = false) => show(host, title, name, args, failing);
  await call("Which servers are there?", "list_servers", {});
  await call("Find tools by what they are for", "discover", {
    needs: ["add two numbers", "find files by name", "remember a fact"],
    limit: 2,
  });
  await call("Read one definition in full", "describe", { tools: ["everything/get-sum"] });
  await call("Call a server over HTTP", "invoke", { tool: "everything/get-sum", arguments: { a: 19, b: 23 } });
  await call("Call a server over stdio", "invoke", {
    tool: "memory/create_entities",
    arguments: { entities: [{ name: "Sallyport", entityType: "gateway", observations: ["one door to every MCP server"] }] },
  });
  await call("A call a host may approve by itself", "invoke_readonly", {
    tool: "filesystem/read_text_file",
    arguments: { path: main, head: 3 },
  });
  await call("Four calls at once, one of them wrong", "invoke_many", {
    calls: [
      { tool: "everything/echo", arguments: { message: "hello" } },
      { tool: "everything/get-sum", arguments: { a: 1, b: 2 } },
      { tool: "filesystem/read_text_file", arguments: { path: "/etc/passwd" } },
      {
        tool: "thinking/sequentialthinking",
        arguments: { thought: "Done?", thoughtNumber: 1, totalThoughts: 1, nextThoughtNeeded: false },
      },
    ],
  });
  await call("A misspelt tool", "invoke", { tool: "everything/get-summ", arguments: {} }, true);
  await call("A tool that nobody vouches for", "invoke_readonly", { tool: "memory/read_graph", arguments: {} }, true);
  await call("A server that is switched off", "invoke", { tool: "fetch/fetch", arguments: { url: "https://example.org" } }, true);
}

/** Calls one meta-tool and prints what a model gets to read; throws if it went otherwise than the tour says. */
async function show(host: Client, title: string, name: string, args: JsonObject, failing: boolean): Promise<void> {
  const begin = performance.now();
  const answer: JsonObject = await host.callTool({ name, arguments: { ...args } });
  heading(title, begin);
  say(`${name} ${JSON.stringify(args)}`.replaceAll(ROOT, "./"), ">");
  const content = Array.isArray(answer["content"]) ? answer["content"].filter(isJsonObject) : [];
  const text = content.map((block) => (typeof block["text"] === "string" ? block["text"] : `[${block["type"]}]`)).join("\n");
  say(text.replaceAll(ROOT, "./"));
  if ((answer["isError"] === true) !== failing) throw new Error(`"${title}" ${failing ? "did not fail" : "failed"}: ${text}`);
}

async function compareTokens(host: Client): Promise<void> {
  const begin = performance.now();
  const surface = await definitionsOf(host);
  const rows: JsonObject[] = [];
  let [tools, chars] = [0, 0];
  for (const [bin, ...args] of DIRECT) {
    const server = await connect(join(ROOT, "node_modules", ".bin", bin), args, {
      MEMORY_FILE_PATH: join(scratch, "direct.jsonl"),
    });
    const list = await definitionsOf(server).finally(() => server.close());
    rows.push({ bin, ...list });
    [tools, chars] = [tools + list.tools, chars + list.chars];
  }
  heading("What the model has to read before it can do anything", begin);
  const line = (name: unknown, count: unknown, size: number) =>
    say(`${String(name).padEnd(34)} ${String(count).padStart(3)} tools ${tokens(size).padStart(7)} tokens`);
  for (const row of rows) line(row["bin"], row["tools"], Number(row["chars"]));
  line("all of them, shown directly", tools, chars);
  line("Sallyport, whatever is behind it", surface.tools, surface.chars);
  say(
    `${Math.round((1 - surface.chars / chars) * 100)} % less (${CHARS_PER_TOKEN} characters a token, as the tools/list result counts them)`,
  );
}

/** How many tools a server lists, and how many characters their definitions have as JSON. */
async function definitionsOf(server: Client): Promise<{ tools: number; chars: number }> {
  const { tools } = await server.listTools();
  return { tools: tools.length, chars: JSON.stringify({ tools }).length };
}

async function connect(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Client> {
  const client = new Client({ name: "sallyport-demo", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { ...getDefaultEnvironment(), ...env },
    stderr: "ignore",
  });
  await client.connect(transport);
  return client;
}

function tokens(chars: number): string {
  return Math.ceil(chars / CHARS_PER_TOKEN).toLocaleString("en");
}

function heading(title: string, begin: number): void {
  console.log(`\n${title.padEnd(60)} ${formatMs(performance.now() - begin).padStart(8)}`);
}

function say(text: string, mark = " "): void {
  const lines = text.split("\n");
  for (const line of lines.slice(0, MOST_LINES))
    console.log(`${mark} ${line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line}`);
  if (lines.length > MOST_LINES) console.log(`  … ${lines.length - MOST_LINES} more lines`);
}
