import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChoiceMemory } from "../../../src/search/choice-memory.ts";
import servers from "../../fixtures/search/tools.json" with { type: "json" };
import { indexOf, tool } from "./tools.ts";

const TOOLS = servers.flatMap(({ server, tools }) => tools.map(({ name, description }) => tool(server, name, description)));

function memoryOf(...choices: readonly (readonly [need: string, server: string, tool: string])[]): ChoiceMemory {
  const memory = new ChoiceMemory();
  for (const choice of choices) memory.note(...choice);
  return memory;
}

const liftOf = (memory: ChoiceMemory, need: string, server = "a", name = "lamp") => memory.liftFor(need)?.(server, name) ?? 1;

describe("a choice", () => {
  test("lifts its tool, and no other, for a need of the same words in any order and form", () => {
    const memory = memoryOf(["light the lamps", "a", "lamp"]);
    for (const need of ["light the lamps", "Lamps: lighting!", "please light a lamp"]) expect(liftOf(memory, need)).toBe(1.04);
    expect(liftOf(memory, "light the lamps", "b")).toBe(1);
    expect(liftOf(memory, "light the lamps", "a", "other")).toBe(1);
  });

  test("counts three times at most", () => {
    const choice = ["light the lamps", "a", "lamp"] as const;
    expect(liftOf(memoryOf(choice, choice), "light the lamps")).toBe(1.08);
    expect(liftOf(memoryOf(...Array.from({ length: 9 }, () => choice)), "light the lamps")).toBe(1.12);
  });

  test("for a need without telling words is none", () => {
    const memory = memoryOf(["", "a", "lamp"], ["the of", "a", "lamp"]);
    expect([memory.size, memory.liftFor(""), memory.liftFor("the of")]).toEqual([0, undefined, undefined]);
  });
});

test("a need asked for the first time is answered as if nothing had ever been used", async () => {
  const index = await indexOf(...TOOLS);
  const words = fc.constantFrom("list", "tables", "send", "message", "resize", "image", "delete", "branch", "weather");
  const need = fc.uniqueArray(words, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(" "));
  const used = fc.array(fc.tuple(need, fc.constantFrom(...TOOLS)), { maxLength: 20 });
  fc.assert(
    fc.property(used, need, (choices, asked) => {
      const same = (other: string) => other.split(" ").sort().join() === asked.split(" ").sort().join();
      const others = choices.filter(([other]) => !same(other));
      const memory = memoryOf(...others.map(([other, one]) => [other, one.server, one.tool] as const));
      expect(index.search(asked, { lift: memory.liftFor(asked) })).toEqual(index.search(asked));
    }),
  );
});

test("a lifted tool passes a near neighbour and no better one", async () => {
  const index = await indexOf(
    tool("a", "open_door", "Opens a door"),
    tool("b", "open_door", "Opens one of the doors in another house entirely"),
    tool("c", "paint_door", "Paints"),
  );
  const ranked = (memory: ChoiceMemory) =>
    index.search("open door", { lift: memory.liftFor("open door") }).map(({ server }) => server);
  const before = ranked(new ChoiceMemory());
  expect(before).toEqual(["a", "b", "c"]);
  const often = (server: string, name: string) =>
    memoryOf(...Array.from({ length: 9 }, () => ["open door", server, name] as const));
  expect(ranked(often("b", "open_door"))).toEqual(["b", "a", "c"]);
  expect(ranked(often("c", "paint_door"))).toEqual(before);
});

describe("the memory", () => {
  test("keeps the 500 choices used last", () => {
    const memory = memoryOf(...Array.from({ length: 500 }, (_, at) => [`need ${at}`, "a", "lamp"] as const));
    memory.note("need 0", "a", "lamp");
    memory.note("lantern", "a", "lamp");
    expect(memory.size).toBe(500);
    expect([memory.liftFor("need 0"), memory.liftFor("need 1")]).toEqual([expect.any(Function), undefined]);
  });

  test("comes back from its text, under what is known already, and shows no need in it", () => {
    const text = memoryOf(["light the chandelier", "a", "lamp"]).print();
    expect(text).not.toMatch(/light|chandelier/);
    const memory = memoryOf(["open the door", "b", "door"]);
    memory.recall(text);
    memory.recall(text);
    expect([memory.size, liftOf(memory, "light the chandelier"), liftOf(memory, "open the door", "b", "door")]).toEqual([
      2, 1.04, 1.04,
    ]);
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    '{"format":9,"choices":[["n","a","t",1]]}',
    '{"format":1,"choices":7}',
    '{"format":1,"choices":[7,["n","a","t",99],["n","a","t"],[1,2,3,4]]}',
  ])("takes nothing from a damaged text: %s", (text) => {
    const memory = new ChoiceMemory();
    memory.recall(text);
    expect(memory.size).toBe(0);
  });
});
