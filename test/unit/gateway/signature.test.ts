import { expect, test } from "vitest";
import { compactSignature, signature } from "../../../src/gateway/signature.ts";
import type { JsonObject } from "../../../src/model/json.ts";

const of = (properties: JsonObject, required: unknown = []) =>
  signature({ inputSchema: { type: "object", properties, required } });

test("names every argument with its type, the required ones first and the others marked", () => {
  expect(of({ head: { type: "integer" }, path: { type: "string" }, tail: { type: "integer" } }, ["path"])).toBe(
    "path: string, head?: integer, tail?: integer",
  );
});

test.each<[string, unknown, string]>([
  ["a list", { type: "array", items: { type: "string" } }, "string[]"],
  ["a list of lists", { type: "array", items: { type: "array", items: { type: "number" } } }, "number[][]"],
  ["a list of anything", { type: "array" }, "any[]"],
  ["a closed set of values", { enum: ["a", 1, null] }, '"a"|1|null'],
  ["a long set of values, cut", { enum: [1, 2, 3, 4, 5, 6, 7] }, "1|2|3|4|5|6|…"],
  ["several types", { type: ["string", "null"] }, "string|null"],
  ["a choice", { anyOf: [{ type: "string" }, { type: "number" }, { type: "string" }] }, "string|number"],
  ["another choice", { oneOf: [{ type: "boolean" }, {}] }, "boolean|any"],
  ["a reference", { $ref: "#/$defs/x" }, "any"],
  ["no schema at all", true, "any"],
])("%s", (_what, property, text) => {
  expect(of({ x: property })).toBe(`x?: ${text}`);
});

test.each<[string, JsonObject]>([
  ["no schema", {}],
  ["a schema without properties", { inputSchema: { type: "object" } }],
  ["a schema that is no object", { inputSchema: true }],
  ["properties that are no object", { inputSchema: { properties: [] } }],
])("a definition with %s has no arguments", (_what, definition) => {
  expect(signature(definition)).toBe("");
});

test("nonsense in required marks nothing", () => {
  expect(of({ a: { type: "string" } }, "a")).toBe("a?: string");
});

test("a compact line drops types of optional arguments first, then all types, then the last arguments", () => {
  const compact = (count: number, required: readonly string[], type = "string") => {
    const properties = Object.fromEntries(Array.from({ length: count }, (_, at) => [`argument${at}`, { type }]));
    return compactSignature({ inputSchema: { type: "object", properties, required } });
  };
  expect(compact(2, ["argument0"])).toBe("argument0: string, argument1?: string");
  expect(compact(5, ["argument0"])).toBe("argument0: string, argument1?, argument2?, argument3?, argument4?");
  expect(compact(6, ["argument0", "argument1", "argument2", "argument3", "argument4"])).toBe(
    "argument0, argument1, argument2, argument3, argument4, argument5?",
  );
  expect(compact(30, [])).toBe("argument0?, argument1?, argument2?, argument3?, argument4?, argument5?, …");
  expect(compact(1, [], "x".repeat(200))).toBe("argument0?");
});
