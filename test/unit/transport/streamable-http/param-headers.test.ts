import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { paramHeaders, scanParamHeaders } from "../../../../src/transport/streamable-http/param-headers.ts";

const tool = (properties: JsonObject, rest: JsonObject = {}): JsonObject => ({
  name: "t",
  inputSchema: { type: "object", properties, ...rest },
});
const marked = (header: unknown, type: unknown = "string"): JsonObject => ({ type, "x-mcp-header": header });

describe("arguments marked with x-mcp-header become headers", () => {
  const definition = tool({
    region: marked("Region"),
    count: marked("Count", "integer"),
    dry: marked("Dry-Run", "boolean"),
    nested: { type: "object", properties: { key: marked("Key") } },
    plain: { type: "string" },
  });

  test("of every kind, at any depth", () => {
    const args = { region: "us-west1", count: 42, dry: false, nested: { key: "köln" }, plain: "p" };
    expect(paramHeaders(definition, args)).toEqual({
      "Mcp-Param-Region": "us-west1",
      "Mcp-Param-Count": "42",
      "Mcp-Param-Dry-Run": "false",
      "Mcp-Param-Key": "=?base64?a8O2bG4=?=",
    });
  });

  test("unless they are absent, null, no primitive or not exact", () => {
    const args = { region: null, count: 2 ** 60, dry: { a: 1 }, nested: [] };
    expect(paramHeaders(definition, args)).toEqual({});
  });

  test("and nothing is read from a prototype", () => {
    expect(paramHeaders(tool({ constructor: marked("C") }), {})).toEqual({});
  });
});

describe("a definition is invalid, and sends no headers, when an annotation", () => {
  const deep = Array.from({ length: 100 }).reduce<JsonObject>(
    (child) => ({ type: "object", properties: { a: child } }),
    marked("X"),
  );

  test.each<[string, JsonObject]>([
    ["is empty", tool({ a: marked("") })],
    ["is no header name", tool({ a: marked("a b") })],
    ["carries a line break", tool({ a: marked("a\r\nb") })],
    ["is no text", tool({ a: marked(5) })],
    ["marks a number", tool({ a: marked("A", "number") })],
    ["marks an object", tool({ a: marked("A", "object") })],
    ["marks a property without a type", tool({ a: { "x-mcp-header": "A" } })],
    ["is used twice in another case", tool({ a: marked("Same"), b: marked("sAME") })],
    ["stands at the root", tool({}, { "x-mcp-header": "A" })],
    ["stands below items", tool({ a: { type: "array", items: marked("A") } })],
    ["stands below anyOf", tool({ a: { anyOf: [{ type: "string" }, marked("A")] } })],
    ["stands below $defs", tool({}, { $defs: { d: marked("A") } })],
    ["stands below additionalProperties", tool({}, { additionalProperties: marked("A") })],
    ["stands deeper than anyone looks", tool({ a: deep })],
  ])("%s", (_name, definition) => {
    expect(scanParamHeaders(definition)).toMatchObject({ valid: false, reason: expect.any(String) });
    expect(paramHeaders(definition, { a: "x" })).toBeUndefined();
  });

  test("is not there at all: nothing to complain about", () => {
    expect(scanParamHeaders({ name: "t" })).toEqual({ valid: true, headers: [] });
  });
});
