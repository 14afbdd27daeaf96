import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SearchableTool } from "../../src/search/searchable-tool.ts";
import type { ToolIndex } from "../../src/search/tool-index.ts";
import distractors from "../fixtures/search/tools.json" with { type: "json" };
import { connectDirectly, createReferenceFiles, type ReferenceFiles } from "../support/reference-servers.ts";
import { found, indexOf, tool } from "../unit/search/tools.ts";
import needs from "./needs.json" with { type: "json" };

const SERVERS = ["everything", "filesystem", "memory", "thinking"] as const;
/** What recall may not fall below. Raise a floor when search gets better; never lower one to let a change in. */
const FLOORS = {
  plain: { at1: 0.91, at5: 0.97 },
  paraphrase: { at1: 0.63, at5: 0.86 },
  typo: { at1: 0.84, at5: 1 },
} as const;

let files: ReferenceFiles;
let index: ToolIndex;

beforeAll(async () => {
  files = await createReferenceFiles();
  const labelled = await Promise.all(SERVERS.map(toolsOf));
  const others = distractors.flatMap(({ server, description, tools }) =>
    tools.map(({ name, description: text }) => tool(server, name, text, {}, { serverDescription: description })),
  );
  index = await indexOf(...labelled.flat(), ...others);
});

afterAll(() => files[Symbol.asyncDispose]());

test("at least 120 needs are labelled, each with tools that exist", () => {
  const all = Object.values(needs).flat();
  expect(all.length).toBeGreaterThanOrEqual(120);
  const unknown = all.flatMap(([, ...tools]) => tools).filter((address) => found(index, address, 1)[0] !== address);
  expect(unknown).toEqual([]);
});

describe.each(Object.entries(FLOORS))("what people ask the reference servers for, %s", (kind, floor) => {
  test.each([
    ["first", 1, floor.at1],
    ["among the first five", 5, floor.at5],
  ])("a right tool comes %s at least as often as the floor says", (_place, k, least) => {
    const asked = needs[kind as keyof typeof FLOORS];
    const missed = asked.filter(([need = "", ...right]) => !found(index, need, k).some((address) => right.includes(address)));
    const recall = 1 - missed.length / asked.length;
    expect(recall, `missed: ${missed.map(([need]) => need).join(" | ")}`).toBeGreaterThanOrEqual(least);
  });
});

async function toolsOf(server: (typeof SERVERS)[number]): Promise<readonly SearchableTool[]> {
  await using client = await connectDirectly(server, files);
  const definitions = await client.listTools();
  return definitions.map((definition) => ({ server, tool: String(definition["name"]), definition, tags: [] }));
}
