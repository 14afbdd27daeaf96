import { expect, test } from "vitest";
import { metaTools } from "../../../src/faces/mcp/meta-tools/index.ts";
import { writeCursor } from "../../../src/gateway/discover-cursor.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { testMetaTool } from "../../conformance/meta-tool.ts";

const ASKED = { needs: ["read a note"], server: "notes", readonly: true };
const CALL = { tool: "notes/read", arguments: { path: "a" }, timeoutMs: 1_000, maxTokens: 1_000, fresh: true };
/** Arguments that each tool accepts, every property among them; actions that use all of them. */
const GOOD: Readonly<Record<string, JsonObject>> = {
  discover: { ...ASKED, limit: 5, explain: true, cursor: writeCursor({ offset: 5, byMeaning: false }, ASKED) },
  describe: { tools: ["notes/read"] },
  invoke: { ...CALL, idempotencyKey: "k1" },
  invoke_readonly: CALL,
  invoke_many: { calls: [{ tool: "notes/read" }], timeoutMs: 1_000 },
  read_result: { handle: "r_1", page: 2, pattern: "found", select: "/items/0" },
  list_servers: {},
  resources: { action: "read", server: "notes", uri: "note:1", cursor: "2" },
  prompts: { action: "get", server: "notes", name: "greet", arguments: {}, cursor: "2" },
  status: { server: "notes" },
  manage: { action: "start", server: "notes" },
};

for (const tool of metaTools) testMetaTool(tool, GOOD[tool.name] ?? {});

test("every tool has an example here, and no other", () => {
  expect(metaTools.map(({ name }) => name)).toEqual(Object.keys(GOOD));
});
