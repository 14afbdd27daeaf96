import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SearchableTool } from "../../../src/search/searchable-tool.ts";
import type { ToolIndex } from "../../../src/search/tool-index.ts";
import mixed from "../../fixtures/search/needs.json" with { type: "json" };
import byKind from "../../fixtures/search/needs-by-kind.json" with { type: "json" };
import servers from "../../fixtures/search/tools.json" with { type: "json" };
import { connectDirectly, createReferenceFiles, type ReferenceFiles } from "../../support/reference-servers.ts";
import { found, indexOf, tool } from "./tools.ts";

const REFERENCE = ["everything", "filesystem", "memory", "thinking"] as const;

/** What people ask for, each with the tools that are right: `mixed` for all servers, the others for the reference servers. */
const NEEDS: Readonly<Record<Kind, readonly (readonly string[])[]>> = {
  mixed: mixed.map(({ need, tools }) => [need, ...tools]),
  ...byKind,
};

/** What recall may not fall below. Raise a floor when search gets better; never lower one to let a change in. */
const FLOORS = {
  mixed: { at1: 0.85, at5: 0.96 },
  plain: { at1: 0.91, at5: 0.97 },
  paraphrase: { at1: 0.63, at5: 0.86 },
  typo: { at1: 0.84, at5: 1 },
} as const;
type Kind = keyof typeof FLOORS;

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

test("at least 120 needs are labelled either way, each with tools that exist", () => {
  expect(mixed.length).toBeGreaterThanOrEqual(120);
  expect(Object.values(byKind).flat().length).toBeGreaterThanOrEqual(120);
  const addresses = Object.values(NEEDS).flatMap((needs) => needs.flatMap(([, ...tools]) => tools));
  expect(addresses.filter((address) => found(index, address, 1)[0] !== address)).toEqual([]);
});

describe.each(Object.entries(FLOORS))("what people ask for, %s", (kind, floor) => {
  test.each([
    ["first", 1, floor.at1],
    ["among the first five", 5, floor.at5],
  ])("a right tool comes %s at least as often as the floor says", (_place, k, least) => {
    const asked = NEEDS[kind as Kind];
    const missed = asked.filter(([need = "", ...right]) => !found(index, need, k).some((address) => right.includes(address)));
    const recall = 1 - missed.length / asked.length;
    expect(recall, `missed: ${missed.map(([need]) => need).join(" | ")}`).toBeGreaterThanOrEqual(least);
  });
});

async function definitionsOf(server: (typeof REFERENCE)[number]): Promise<readonly SearchableTool[]> {
  await using client = await connectDirectly(server, files);
  const definitions = await client.listTools();
  return definitions.map((definition) => ({ server, tool: String(definition["name"]), definition, tags: [] }));
}

/** JSON unions give every tool every parameter name, most of them undefined. */
function withoutHoles(parameters: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])));
}
