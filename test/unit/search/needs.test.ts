import { afterAll, beforeAll, expect, test } from "vitest";
import type { SearchableTool } from "../../../src/search/searchable-tool.ts";
import type { ToolIndex } from "../../../src/search/tool-index.ts";
import needs from "../../fixtures/search/needs.json" with { type: "json" };
import servers from "../../fixtures/search/tools.json" with { type: "json" };
import { connectDirectly, createReferenceFiles, type ReferenceFiles } from "../../support/reference-servers.ts";
import { found, indexOf, tool } from "./tools.ts";

const REFERENCE = ["everything", "filesystem", "memory", "thinking"] as const;

let files: ReferenceFiles;
let index: ToolIndex;

beforeAll(async () => {
  files = await createReferenceFiles();
  const real = await Promise.all(REFERENCE.map(definitionsOf));
  const made = servers.flatMap(({ server, description, tools }) =>
    tools.map((one) => tool(server, one.name, one.description, withoutHoles(one.parameters), { serverDescription: description })),
  );
  index = await indexOf(...real.flat(), ...made);
});

afterAll(() => files[Symbol.asyncDispose]());

test("recall of our own labelled needs does not fall", () => {
  expect(needs.length).toBeGreaterThanOrEqual(120);
  expect({ at1: recallAt(1), at5: recallAt(5) }).toEqual({
    at1: expect.toSatisfy(atLeast(0.85)),
    at5: expect.toSatisfy(atLeast(0.96)),
  });
});

const atLeast = (floor: number) => (value: number) => value >= floor;

/** The share of needs of which one right tool is among the first `k`. */
function recallAt(k: number): number {
  const met = needs.filter(({ need, tools }) => found(index, need, k).some((address) => tools.includes(address)));
  return met.length / needs.length;
}

async function definitionsOf(server: (typeof REFERENCE)[number]): Promise<readonly SearchableTool[]> {
  await using client = await connectDirectly(server, files);
  const definitions = await client.listTools();
  return definitions.map((definition) => ({ server, tool: String(definition["name"]), definition, tags: [] }));
}

/** JSON unions give every tool every parameter name, most of them undefined. */
function withoutHoles(parameters: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])));
}
