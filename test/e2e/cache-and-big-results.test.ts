import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { dataOf, objectOf, textOf } from "../support/tool-answers.ts";

const backend = (name: string) => fileURLToPath(new URL(`../fixtures/backends/${name}.mjs`, import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "sallyport-ledger-"));
const ledger = join(dir, "ledger");
let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await GatewayProcess.start({
    mcpServers: {
      ledger: {
        command: process.execPath,
        args: [backend("ledger-stdio")],
        env: { LEDGER: ledger },
        tools: { overrides: { read: { readOnly: true, cacheTtlMs: 600_000 } } },
      },
      mirror: { command: process.execPath, args: [backend("mirror")] },
      kept: {
        command: process.execPath,
        args: [backend("mirror")],
        env: { ERA: "legacy" },
        tools: { overrides: { mirror: { readOnly: true, cacheTtlMs: 600_000 } } },
      },
    },
  });
  await gateway.initialize();
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

const ask = (tool: string, over: JsonObject = {}) =>
  gateway.callTool("invoke", { tool: `ledger/${tool}`, arguments: { key: tool }, ...over });
const mirror = (result: JsonObject, over: JsonObject = {}) =>
  gateway.callTool("invoke", { tool: "mirror/mirror", arguments: { result }, ...over });
const reached = () => readFileSync(ledger, "utf8").trim().split("\n").join(" ");
const blocksOf = (answer: JsonObject) =>
  (answer["content"] as readonly unknown[]).map((block) => String(objectOf(block)["text"]));
const cutOf = (answer: JsonObject) => objectOf(objectOf(answer["_meta"])["io.sallyport/result"]);

test("a cached answer is served until something is written, somebody flushes, or the caller wants a fresh one", async () => {
  await gateway.callTool("manage", { action: "start", server: "ledger" });
  for (let call = 0; call < 3; call += 1) expect(textOf(await ask("read"))).toBe("done");
  expect(reached()).toBe("read");
  await ask("write");
  await ask("read");
  expect(reached()).toBe("read write read");
  await ask("read", { fresh: true });
  await gateway.callTool("manage", { action: "flush", server: "ledger" });
  await ask("read");
  await gateway.callTool("invoke_readonly", { tool: "ledger/read", arguments: { key: "read" } });
  expect(reached()).toBe("read write read read read");
  expect(objectOf(dataOf(await gateway.callTool("status"))["cache"])).toMatchObject({ hits: 3, misses: 4 });
});

test("a cached answer is served as it came, every digit of it, however often", async () => {
  const numbers = '{"id":12345678901234567890,"x":1.0}';
  const raw = `{"content":[{"text":"h\\u00e9llo ","type":"text"},{"type":"text","text":"wörld"}],"structuredContent":${numbers}}`;
  await gateway.callTool("manage", { action: "start", server: "kept" });
  for (const over of [{}, {}, { maxTokens: 1_000 }, { fresh: true }, {}]) {
    await gateway.callTool("invoke", { tool: "kept/mirror", arguments: { raw }, ...over });
    expect(gateway.lastLine).toContain(raw);
  }
  const { cache } = dataOf(await gateway.callTool("status", { server: "kept" }));
  expect(cache).toMatchObject({ hits: 3, misses: 2 });
});

test("a big result comes as its first page, and read_result gives the rest of it", async () => {
  const lines = Array.from({ length: 60_000 }, (_, at) => `entry ${at}: grün`).join("\n");
  const answer = await mirror({ content: [{ type: "text", text: lines }] });
  const { handle, pages } = cutOf(answer);
  const shown = [blocksOf(answer)[0]];
  for (let page = 2; page <= Number(pages); page += 1) {
    shown.push(blocksOf(await gateway.callTool("read_result", { handle, page }))[0]);
  }
  expect(shown.join("")).toBe(lines);
  const found = blocksOf(await gateway.callTool("read_result", { handle, pattern: "ENTRY 59999" }));
  expect(found).toEqual(["60000: entry 59999: grün", "[1 places found. Page 1 of 1]"]);
  expect(await gateway.callTool("read_result", { handle: "r_unknown" })).toMatchObject({ isError: true });
});

test("a part of big structured content is selected by its pointer", async () => {
  const items = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `item ${id}` }));
  const answer = await mirror({ content: [], structuredContent: { items } });
  const { handle } = cutOf(answer);
  expect(blocksOf(await gateway.callTool("read_result", { handle, select: "/items/19999/name" }))[0]).toBe("item 19999");
});

test("a result within what the caller asks for comes as it was sent", async () => {
  const result = { content: [{ type: "text", text: "x".repeat(200_000) }], structuredContent: { odd: [1] }, _meta: { own: 1 } };
  expect(await mirror(result, { maxTokens: 100_000 })).toEqual(result);
});
