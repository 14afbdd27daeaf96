import { describe, expect, test } from "vitest";
import { cacheTtlOf, isKeepable, isPlainCall } from "../../../src/cache/cacheability.ts";
import type { ToolCall, ToolResult } from "../../../src/model/call.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { makeSpec } from "../../support/fake-backend.ts";

const ref = { backend: "notes", tool: "read" };

describe("cacheTtlOf()", () => {
  const spec = makeSpec({ cacheTtlMs: 5_000 });
  const own = (cacheTtlMs: number) =>
    makeSpec({ cacheTtlMs: 5_000, tools: { ...spec.tools, overrides: new Map([["read", { cacheTtlMs }]]) } });
  const tool = (definition: JsonObject) => ({ ref, definition, digest: "d" });

  test.each([
    { what: "a tool that says nothing of itself", spec, definition: {}, ttlMs: 5_000 },
    { what: "a tool of the closed world", spec, definition: { annotations: { openWorldHint: false } }, ttlMs: 5_000 },
    { what: "a tool of the open world", spec, definition: { annotations: { openWorldHint: true } }, ttlMs: 0 },
    { what: "a tool that says something odd", spec, definition: { annotations: "open" }, ttlMs: 5_000 },
    { what: "a tool that the registry names", spec: own(700), definition: {}, ttlMs: 700 },
    { what: "a named tool of the open world", spec: own(700), definition: { annotations: { openWorldHint: true } }, ttlMs: 700 },
    { what: "a tool that is named never to be kept", spec: own(0), definition: {}, ttlMs: 0 },
  ])("$what is kept for $ttlMs ms", ({ spec: of, definition, ttlMs }) => {
    expect(cacheTtlOf(of, tool(definition))).toBe(ttlMs);
  });

  test("what is said of one tool is not said of another", () => {
    const other = { ref: { backend: "notes", tool: "list" }, definition: {}, digest: "d" };
    expect(cacheTtlOf(own(700), other)).toBe(5_000);
  });
});

describe("isPlainCall()", () => {
  test.each<{ what: string; over: Partial<ToolCall>; plain: boolean }>([
    { what: "a call", over: {}, plain: true },
    { what: "a first round", over: { round: {} }, plain: true },
    { what: "a call with a key", over: { idempotencyKey: "k" }, plain: false },
    { what: "a continuation with answers", over: { round: { inputResponses: {} } }, plain: false },
    { what: "a continuation with a state", over: { round: { requestState: "" } }, plain: false },
  ])("$what: $plain", ({ over, plain }) => {
    expect(isPlainCall({ ref, args: {}, ...over })).toBe(plain);
  });
});

describe("isKeepable()", () => {
  test.each<[ToolResult, boolean]>([
    [{}, true],
    [{ isError: false }, true],
    [{ isError: true }, false],
    [{ resultType: "complete" }, true],
    [{ resultType: "input_required" }, false],
    [{ resultType: "complete", isError: true }, false],
  ])("%o: %s", (result, keepable) => {
    expect(isKeepable(result)).toBe(keepable);
  });
});
