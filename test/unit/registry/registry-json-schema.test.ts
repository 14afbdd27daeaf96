import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { isJsonObject } from "../../../src/model/json.ts";
import { registryJsonSchema } from "../../../src/registry/registry-json-schema.ts";
import { runtimeKinds } from "../../../src/runtime/index.ts";
import { fixtureKinds } from "../../support/runtime-kinds.ts";

/** The schema as a validator of its own, read back from its JSON. */
const validator = z.fromJSONSchema(JSON.parse(JSON.stringify(registryJsonSchema(fixtureKinds))));

const accepts = (entry: unknown) => validator.safeParse({ mcpServers: { a: entry } }).success;

describe("the JSON schema of registry.json", () => {
  test.each([
    ["a command", { command: "npx", args: ["-y", "x"], env: { A: "1" }, cwd: "/" }],
    ["a command list", { command: ["npx", "-y", "x"] }],
    ["a command object", { command: { path: "npx", args: ["x"] } }],
    [
      "a url with the aliases of other clients",
      { httpUrl: "http://x", http_headers: { A: "b" }, type: "streamable-http", disabled: true },
    ],
    ["a container", { container: { image: "x", port: 80 } }],
    ["an unknown key", { url: "http://x", autoApprove: [] }],
    ["a protocol revision", { url: "http://x", protocol: "2026-07-28" }],
    [
      "rules for tools, in every form",
      { url: "http://x", tools: { allow: ["a"], deny: [], overrides: { a: { readOnly: true } }, b: { timeoutMs: 5 } } },
    ],
    ["a bare list of tools", { url: "http://x", tools: ["*"] }],
  ])("accepts %s", (_, entry) => {
    expect(accepts(entry)).toBe(true);
  });

  test.each([
    ["args in one string", { command: "x", args: "-y" }],
    ["a number in env", { command: "x", env: { A: 1 } }],
    ["an unknown transport", { command: "x", type: "ws" }],
    ["a port in quotes", { container: { image: "x", port: "80" } }],
    ["a rule that is no list", { url: "http://x", tools: { deny: "a" } }],
    ["settings of a tool that are none", { url: "http://x", tools: { dney: ["a"] } }],
    ["half a millisecond", { url: "http://x", callTimeoutMs: 0.5 }],
  ])("refuses %s", (_, entry) => {
    expect(accepts(entry)).toBe(false);
  });

  test("describes every field, for the help of an editor", () => {
    expect(undescribed(registryJsonSchema(runtimeKinds), "")).toEqual([]);
  });

  test("is the one that is shipped", () => {
    const shipped = readFileSync(new URL("../../../schema/registry.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(shipped)).toEqual(JSON.parse(JSON.stringify(registryJsonSchema(runtimeKinds))));
  });
});

/** The properties in a schema that have no description, by their path. */
function undescribed(schema: unknown, path: string): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap((item) => undescribed(item, path));
  if (!isJsonObject(schema)) return [];
  const properties = isJsonObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const bare = properties.filter(([, value]) => isJsonObject(value) && value["description"] === undefined);
  return [
    ...bare.map(([key]) => `${path}.${key}`),
    ...Object.entries(schema).flatMap(([key, value]) => undescribed(value, `${path}.${key}`)),
  ];
}
