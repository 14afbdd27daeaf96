import { describe, expect, onTestFinished, test, vi } from "vitest";
import { DocumentTable } from "../../../src/search/document-table.ts";
import type { Neighbours } from "../../../src/search/near-tools.ts";
import { ToolIndex } from "../../../src/search/tool-index.ts";
import { toolText } from "../../../src/search/tool-text.ts";
import { isBetter, scoreTrial } from "../../../src/search/trial.ts";
import { makeBlock, packBlock, toBytes, unpackBlock, type VectorBlock } from "../../../src/search/vector-block.ts";
import { VectorTable } from "../../../src/search/vector-table.ts";

/** A direction in the plane, as a vector of four numbers. */
const direction = (degrees: number): Float32Array => {
  const angle = (degrees / 180) * Math.PI;
  return Float32Array.from([Math.cos(angle), Math.sin(angle), 0, 0]);
};

/** A server whose tools, named by letters, lie in these directions. */
const block = (server: string, degrees: readonly number[]): VectorBlock =>
  makeBlock(
    server,
    4,
    degrees.map((angle, at) => ({
      tool: String.fromCharCode(97 + at),
      hash: `${server} ${angle}`,
      vector: toBytes(direction(angle)),
    })),
  );

function nearest(table: VectorTable, degrees: number, over: Partial<Parameters<VectorTable["nearest"]>[1]> = {}): Neighbours {
  const work = table.nearest(direction(degrees), { limit: 10, ...over });
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const names = ({ tools }: Neighbours) => tools.map(({ server, tool }) => `${server}/${tool}`);

describe("a table of vectors", () => {
  test("gives the nearest first, equal ones by server and name, in whatever order they came", () => {
    const [one, other] = [new VectorTable(), new VectorTable()];
    for (const made of [block("x", [10, 40, 90]), block("y", [10, 180])]) one.put(made);
    for (const made of [block("y", [10, 180]), block("x", [10, 40, 90])]) other.put(made);
    expect(names(nearest(one, 10))).toEqual(["x/a", "y/a", "x/b", "x/c", "y/b"]);
    expect(nearest(other, 10).tools).toEqual(nearest(one, 10).tools);
  });

  test("keeps to the limit, the server and the filter", () => {
    const table = new VectorTable();
    table.put(
      block(
        "x",
        Array.from({ length: 300 }, (_, at) => at),
      ),
    );
    table.put(block("y", [5]));
    expect(nearest(table, 250, { limit: 3 }).tools.map(({ similarity }) => similarity.toFixed(2))).toEqual([
      "1.00",
      "1.00",
      "1.00",
    ]);
    expect(names(nearest(table, 5, { server: "y" }))).toEqual(["y/a"]);
    expect(names(nearest(table, 5, { filter: (server) => server !== "x" }))).toEqual(["y/a"]);
  });

  test("is looked through in steps, and passes over vectors of another length", () => {
    const table = new VectorTable();
    table.put(
      block(
        "x",
        Array.from({ length: 1_000 }, (_, at) => at),
      ),
    );
    let steps = 0;
    for (const work = table.nearest(direction(1), { limit: 5 }); !work.next().done; ) steps += 1;
    expect(steps).toBe(3);
    expect(nearestOf(table, new Float32Array(3))).toEqual([]);
  });

  test("finds a vector by what it was made of, as long as any server has it", () => {
    const table = new VectorTable();
    const twin = { tool: "twin", hash: "same", vector: toBytes(direction(1)) };
    table.put(makeBlock("x", 4, [twin]));
    table.put(makeBlock("y", 4, [twin]));
    table.remove("y");
    expect(table.find("same")).toEqual(twin.vector);
    table.remove("x");
    expect(table.find("same")).toBeUndefined();
  });
});

function nearestOf(table: VectorTable, question: Float32Array) {
  const step = table.nearest(question, { limit: 5 }).next();
  return step.done ? step.value.tools : undefined;
}

describe("a block on the disk", () => {
  const good = block("x", [1, 50]);

  test("comes back as it was", () => {
    expect(unpackBlock(packBlock(good, "model"), "model")).toEqual(good);
  });

  test.each<[string, (text: string) => string, string]>([
    ["of another model", (text) => text, "other"],
    ["with a changed byte", (text) => text.replace(/(.)$/, (last) => (last === "A" ? "B" : "A")), "model"],
    ["cut", (text) => text.slice(0, -9), "model"],
    ["empty", () => "", "model"],
    ["of somebody else", () => '{"format":1}', "model"],
  ])("%s is none", (_what, spoil, maker) => {
    expect(unpackBlock(spoil(packBlock(good, "model")), maker)).toBeUndefined();
  });
});

test("a vector in bytes points where it pointed", () => {
  const vector = Float32Array.from({ length: 384 }, (_, at) => Math.sin(at * 7 + 1));
  const { scale, values } = toBytes(vector);
  const dot = vector.reduce((sum, number, at) => sum + number * scale * (values[at] ?? 0), 0);
  const length = Math.hypot(...vector) * Math.hypot(...Array.from(values, (value) => value * scale));
  expect(dot / length).toBeGreaterThan(0.9999);
});

describe("the text of a tool", () => {
  test("is its server, its name in words, its description and its parameters, and not its examples", () => {
    const definition = {
      description: "Opens a\npull request",
      inputSchema: { properties: { base: {}, draft: { type: "boolean" } } },
    };
    expect(toolText({ server: "git", tool: "create_pullRequest", definition, tags: ["x"], examples: ["merge it"] })).toBe(
      "git create pull Request: Opens a pull request base draft",
    );
  });

  test("is bounded, and of whole characters", () => {
    const parameters = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`parameter${at}`, {}]));
    const definition = { description: "\ud83d".repeat(5_000), inputSchema: { properties: parameters } };
    const text = toolText({ server: "s", tool: "t", definition, tags: [] });
    expect(text.length).toBeLessThanOrEqual(1_500);
    expect(JSON.stringify(text)).not.toContain("\\ud83d");
  });

  test("takes a definition of any shape", () => {
    expect(toolText({ server: "s", tool: "t", definition: { description: 5, inputSchema: [] }, tags: [] })).toBe("s t:");
  });
});

describe("two rankings in one", () => {
  const tools = ["send_mail", "send_letter", "list_mail", "weather"].map((name) => ({
    server: "s",
    tool: name,
    definition: {},
    tags: [],
  }));
  const near = (...order: readonly string[]): Neighbours => ({
    tools: order.map((tool, at) => ({ server: "s", tool, similarity: 1 - at / 10 })),
    mean: 0,
    deviation: 0.1,
  });

  async function ranked(query: string, neighbours: Neighbours, weight: number) {
    const index = new ToolIndex();
    index.replace("s", tools);
    await index.settled();
    return index.search(query, { near: { neighbours, weight }, explain: true });
  }

  test("what both place well comes first, and the weight decides between them", async () => {
    const neighbours = near("weather", "list_mail", "send_mail");
    const byWords = (await ranked("send mail", neighbours, 0.1)).map(({ tool }) => tool);
    const byMeaning = (await ranked("send mail", neighbours, 0.9)).map(({ tool }) => tool);
    expect([byWords[0], byMeaning[0]]).toEqual(["send_mail", "list_mail"]);
  });

  test("a tool of no shared word is found with its place, and with medium confidence if it stands out", async () => {
    const [first] = await ranked("umbrella", near("weather"), 1 / 3);
    expect(first).toMatchObject({ tool: "weather", confidence: "medium", matched: [{ field: "meaning", words: ["#1"] }] });
    const [unsure] = await ranked("umbrella", { ...near("weather"), deviation: 0.5 }, 1 / 3);
    expect(unsure).toMatchObject({ tool: "weather", confidence: "low" });
    expect(await ranked("umbrella", { ...near("weather"), mean: 1 }, 1 / 3)).toEqual([]);
  });

  test("tools the index has not, or may not show, are passed over", async () => {
    const neighbours = {
      ...near(),
      tools: [
        { server: "gone", tool: "weather", similarity: 1 },
        { server: "s", tool: "gone", similarity: 1 },
      ],
    };
    expect(await ranked("umbrella", neighbours, 1 / 2)).toEqual([]);
    const index = new ToolIndex();
    index.replace("s", tools);
    await index.settled();
    const filter = (_server: string, tool: string) => tool !== "weather";
    expect(index.search("umbrella", { near: { neighbours: near("weather"), weight: 1 / 2 }, filter })).toEqual([]);
  });

  test("a server is looked through once, however many of its tools are near", async () => {
    const index = new ToolIndex();
    const many = Array.from({ length: 500 }, (_, at) => ({ server: "s", tool: `weather_${at}`, definition: {}, tags: [] }));
    index.replace("s", many);
    await index.settled();
    const neighbours = near(...many.slice(-4).map(({ tool }) => tool));
    const looks = vi.spyOn(DocumentTable.prototype, "tool");
    onTestFinished(() => looks.mockRestore());
    const hits = index.search("umbrella", { near: { neighbours, weight: 1 / 2 } });
    expect(hits.map(({ tool }) => tool)).toEqual(["weather_496", "weather_497", "weather_498", "weather_499"]);
    expect(looks.mock.calls.length).toBeLessThan(600);
  });

  test("equal questions have equal answers", async () => {
    const neighbours = near("weather", "list_mail", "send_mail", "send_letter");
    expect(await ranked("send mail", neighbours, 1 / 2)).toEqual(await ranked("send mail", neighbours, 1 / 2));
  });
});

describe("a trial", () => {
  const examples = [
    { need: "a", server: "x", tool: "t" },
    { need: "b", server: "y", tool: "u" },
  ];
  const hit = (server: string, tool: string, alsoOn: readonly string[] = []) => ({ server, tool, alsoOn });

  test("counts what is found among the first five, and how far up", () => {
    const six = Array.from({ length: 5 }, (_, at) => hit("z", `${at}`));
    expect(
      scoreTrial(examples, [
        [hit("z", "t"), hit("x", "t")],
        [...six, hit("y", "u")],
      ]),
    ).toEqual({ recallAt5: 0.5, mrr: (1 / 2 + 1 / 6) / 2 });
    expect(scoreTrial(examples, [[hit("w", "t", ["x"])], []])).toEqual({ recallAt5: 0.5, mrr: 0.5 });
    expect(scoreTrial([], [])).toEqual({ recallAt5: 0, mrr: 0 });
  });

  test.each([
    [0.5, 0.5, false],
    [0.6, 0.5, true],
    [0.5, 0.6, true],
    [0.6, 0.4, false],
    [0.4, 0.6, false],
  ])("recall %f and MRR %f beat .5 and .5: %s", (recallAt5, mrr, wins) => {
    expect(isBetter({ recallAt5, mrr }, { recallAt5: 0.5, mrr: 0.5 })).toBe(wins);
  });
});
