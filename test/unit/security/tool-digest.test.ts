import { expect, test } from "vitest";
import { digestTool } from "../../../src/security/tool-digest.ts";

const definition = {
  name: "read",
  title: "Read",
  description: "Reads a file",
  inputSchema: { type: "object", properties: { path: { type: "string" }, head: { type: "integer" } }, required: ["path"] },
  outputSchema: { type: "object" },
  annotations: { readOnlyHint: true, idempotentHint: true },
};

test("the order of keys does not matter at any depth", () => {
  const shuffled = {
    annotations: { idempotentHint: true, readOnlyHint: true },
    outputSchema: { type: "object" },
    inputSchema: { required: ["path"], properties: { head: { type: "integer" }, path: { type: "string" } }, type: "object" },
    description: "Reads a file",
    title: "Read",
    name: "read",
  };
  expect(digestTool(shuffled)).toBe(digestTool(definition));
  expect(digestTool(definition)).toMatch(/^[0-9a-f]{64}$/);
});

test.each([
  ["the name", { name: "read2" }],
  ["the title", { title: "Read." }],
  ["the description", { description: "Reads a file\u200b" }],
  ["a lone surrogate", { description: "Reads a file\ud800" }],
  ["another lone surrogate", { description: "Reads a file\ud801" }],
  ["a property", { inputSchema: { ...definition.inputSchema, required: [] } }],
  ["the output", { outputSchema: { type: "object", properties: {} } }],
  ["no output", { outputSchema: undefined }],
  ["an annotation", { annotations: { readOnlyHint: true, idempotentHint: false } }],
])("a change to %s is a change", (_what, change) => {
  expect(digestTool({ ...definition, ...change })).not.toBe(digestTool(definition));
});

test("two different changes have two digests", () => {
  const [first, second] = ["\ud800", "\ud801"].map((description) => digestTool({ ...definition, description }));
  expect(first).not.toBe(second);
});

test("_meta, icons and execution details do not count", () => {
  const more = { _meta: { "example.com/transport": "http" }, icons: [{ src: "x" }], execution: { taskSupport: "optional" } };
  expect(digestTool({ ...definition, ...more })).toBe(digestTool(definition));
});

test("the order of a list counts", () => {
  const inputSchema = (required: string[]) => ({ ...definition, inputSchema: { required } });
  expect(digestTool(inputSchema(["a", "b"]))).not.toBe(digestTool(inputSchema(["b", "a"])));
});
