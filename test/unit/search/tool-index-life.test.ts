import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SearchableTool } from "../../../src/search/searchable-tool.ts";
import { ToolIndex } from "../../../src/search/tool-index.ts";
import { systemClock } from "../../../src/time/clock.ts";
import servers from "../../fixtures/search/tools.json" with { type: "json" };
import { byServer, found, indexOf, tool } from "./tools.ts";

const TOOLS = servers.flatMap(({ server, tools }) => tools.map(({ name, description }) => tool(server, name, description)));
const QUERIES = ["list tables", "send a message", "resize image", "delete branch", "weather tomorrow", "請求書"];

const answers = (index: ToolIndex) => QUERIES.map((query) => index.search(query, { limit: 20 }));

const textOf = async (index: ToolIndex): Promise<string> => (await index.pack()).join("");

describe("replacing", () => {
  test("the order in which servers come, and what was there before, changes nothing", async () => {
    const entries = [...byServer(TOOLS)];
    const expected = answers(await indexOf(...TOOLS));
    const orders = fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length });
    const detours = fc.array(fc.constantFrom(...entries), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(orders, detours, async (order, detour) => {
        const index = new ToolIndex();
        for (const [server, tools] of detour) index.replace(server, tools.slice(1));
        await index.settled();
        for (const [server] of detour) index.remove(server);
        for (const [server, tools] of order) index.replace(server, tools);
        await index.settled();
        expect(answers(index)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  test("a replaced server shows its new tools and only those", async () => {
    const index = await indexOf(tool("a", "old_lamp", "Lights the lamp"), tool("b", "paint_wall", "Paints"));
    index.replace("a", [tool("a", "new_lamp", "Lights the lamp")]);
    await index.settled();
    expect(found(index, "lamp")).toEqual(["a/new_lamp"]);
    expect(index.size).toBe(2);
  });

  test("a removed server is gone at once, even while it waits to be indexed", async () => {
    const index = await indexOf(tool("a", "lamp", "Lights the lamp"));
    index.replace("b", [tool("b", "lamp", "Lights another lamp")]);
    index.remove("a");
    index.remove("b");
    expect(found(index, "lamp")).toEqual([]);
    await index.settled();
    expect([found(index, "lamp"), index.size, [...index.servers]]).toEqual([[], 0, []]);
  });

  test("a small server is found by the next search without waiting", () => {
    const index = new ToolIndex({ ...systemClock, now: () => 0 }); // a slice of 4 ms that lasts, however slow the machine is
    index.replace("a", [tool("a", "lamp", "Lights the lamp")]);
    expect(found(index, "lamp")).toEqual(["a/lamp"]);
  });

  test("searches answer from the old tools until all of the new ones are in", async () => {
    const index = await indexOf(tool("big", "lamp_0", "Lights the lamp"));
    index.replace("big", crowd(3000));
    const turns: number[] = [];
    while (index.size === 1) {
      turns.push(index.search("lamp", { limit: 50 }).length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(turns.length).toBeGreaterThan(2);
    expect(new Set(turns.slice(0, -1))).toEqual(new Set([1]));
    expect(index.size).toBe(3000);
  });

  test("an index that was replaced many times answers as a fresh one", async () => {
    const index = await indexOf(...TOOLS);
    for (let round = 0; round < 4; round += 1) {
      index.replace("big", crowd(900));
      await index.settled();
    }
    index.remove("big");
    for (const [server, tools] of byServer(TOOLS)) index.replace(server, tools);
    await index.settled();
    expect(answers(index)).toEqual(answers(await indexOf(...TOOLS)));
  });

  test("any definition can be indexed, whatever a server sends", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.dictionary(fc.string(), fc.anything({ maxDepth: 4 })), async (name, definition) => {
        const index = new ToolIndex();
        index.replace("any", [{ server: "any", tool: name, definition, tags: [] }]);
        await index.settled();
        expect(index.size).toBe(1);
      }),
      { numRuns: 200 },
    );
  });

  test("any query is answered, and twice the same", async () => {
    const index = await indexOf(...TOOLS);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (query) => {
        expect(index.search(query)).toEqual(index.search(query));
      }),
    );
  });
});

describe("packing", () => {
  test("a restored index answers as the one that was packed", async () => {
    const packed = await indexOf(...TOOLS);
    const index = new ToolIndex();
    expect(await index.restore(await textOf(packed))).toBe(true);
    expect(answers(index)).toEqual(answers(packed));
    expect(index.size).toBe(TOOLS.length);
    expect(index.overview()).toEqual(packed.overview());
  });

  test("a restored index takes in more servers, and is packed again", async () => {
    const [first = TOOLS.slice(0, 0), ...rest] = [...byServer(TOOLS)].map(([, tools]) => tools);
    const index = new ToolIndex();
    await index.restore(await textOf(await indexOf(...first)));
    for (const tools of rest) index.replace(tools[0]?.server ?? "", tools);
    await index.settled();
    const again = new ToolIndex();
    await again.restore(await textOf(index));
    expect([answers(index), answers(again)]).toEqual([answers(await indexOf(...TOOLS)), answers(await indexOf(...TOOLS))]);
  });

  test("a restored server of the same version is not indexed again, one of another version is", async () => {
    const packed = new ToolIndex();
    packed.replace("a", [tool("a", "lamp", "Lights the lamp")], "v1");
    const index = new ToolIndex();
    await index.restore(await textOf(packed));
    index.replace("a", [tool("a", "torch", "Burns")], "v1");
    expect(found(index, "lamp torch")).toEqual(["a/lamp"]);
    index.replace("a", [tool("a", "torch", "Burns")], "v2");
    await index.settled();
    expect(found(index, "lamp torch")).toEqual(["a/torch"]);
  });

  test("a damaged, cut or foreign text is refused and leaves the index as it was", async () => {
    const text = await textOf(await indexOf(...TOOLS));
    const index = new ToolIndex();
    for (const bad of ["", "{}", text.slice(0, -9), text.replace("A", "B"), `0${text.slice(1)}`.replace(/^0/, "g")]) {
      expect(await index.restore(bad)).toBe(false);
    }
    expect(index.size).toBe(0);
  });

  test("an index that has tools already keeps them", async () => {
    const index = await indexOf(tool("a", "lamp", "Lights the lamp"));
    expect(await index.restore(await textOf(await indexOf(...TOOLS)))).toBe(false);
    expect(index.size).toBe(1);
  });
});

function crowd(size: number): readonly SearchableTool[] {
  return Array.from({ length: size }, (_, at) =>
    tool("big", `lamp_${at}`, `Lights lamp number ${at} in hall ${at % 17}`, { hall: "Which hall" }),
  );
}
