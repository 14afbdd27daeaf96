import { expect, test } from "vitest";
import { metaTools } from "../../../src/faces/mcp/meta-tools/index.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { testMetaTool } from "../../conformance/meta-tool.ts";

const CALL = { tool: "notes/read", arguments: { path: "a" }, timeoutMs: 1_000 };
/** Arguments that each tool accepts, every property among them; actions that use all of them. */
const GOOD: Readonly<Record<string, JsonObject>> = {
  discover: { needs: ["read a note"], server: "notes", readonly: true, limit: 5 },
  describe: { tools: ["notes/read"] },
  invoke: { ...CALL, idempotencyKey: "k1" },
  invoke_readonly: CALL,
  invoke_many: { calls: [{ tool: "notes/read" }], timeoutMs: 1_000 },
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
