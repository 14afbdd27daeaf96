import { afterEach, describe, expect, test, vi } from "vitest";
import { loadUsearch } from "../../../src/search/graph-library.ts";
import type { Neighbours } from "../../../src/search/near-tools.ts";
import { makeBlock, toBytes, type VectorBlock } from "../../../src/search/vector-block.ts";
import { VectorGraph } from "../../../src/search/vector-graph.ts";
import { type NearRequest, VectorTable } from "../../../src/search/vector-table.ts";
import { systemClock } from "../../../src/time/clock.ts";

const DIMENSIONS = 32;
const FEW = 300;

const graphs: VectorGraph[] = [];
afterEach(() => {
  for (const graph of graphs.splice(0)) graph[Symbol.dispose]();
});

/** A table with the library's graph beside it, for more than 300 vectors. */
function tableWithGraph(load = () => loadUsearch()): { readonly table: VectorTable; readonly graph: VectorGraph } {
  const graph = new VectorGraph({ clock: systemClock, load, fewVectors: FEW });
  graphs.push(graph);
  return { table: new VectorTable(graph), graph };
}

/** Numbers that look random, and are the same in every run. */
function vectorOf(seed: number, dimensions = DIMENSIONS): Float32Array {
  let state = seed * 2_654_435_761 + 1;
  return Float32Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const blockOf = (server: string, first: number, tools: number, dimensions = DIMENSIONS): VectorBlock =>
  makeBlock(
    server,
    dimensions,
    Array.from({ length: tools }, (_, at) => ({
      tool: `tool_${at}`,
      hash: `${server} ${first + at}`,
      vector: toBytes(vectorOf(first + at, dimensions)),
    })),
  );

/** The answer, and in how many steps it came. */
function ask(
  table: VectorTable,
  question: Float32Array,
  over: Partial<NearRequest> = {},
): Neighbours & { readonly steps: number } {
  const work = table.nearest(question, { limit: 10, ...over });
  for (let steps = 0; ; steps += 1) {
    const step = work.next();
    if (step.done) return { ...step.value, steps };
  }
}

const names = ({ tools }: Neighbours): readonly string[] => tools.map(({ server, tool }) => `${server}/${tool}`);
const grown = (graph: VectorGraph) => vi.waitFor(() => expect(graph.state).toBe("ready"), { timeout: 20_000 });

describe("a graph over many vectors", () => {
  test("finds what comparing with all of them finds, without looking at all of them", async () => {
    const { table, graph } = tableWithGraph();
    const flat = new VectorTable();
    for (const one of [table, flat]) for (const at of [0, 1, 2]) one.put(blockOf(`s${at}`, at * 1_000, 500));
    const questions = Array.from({ length: 40 }, (_, at) => vectorOf(50_000 + at));
    expect(names(ask(table, vectorOf(1_007)))).toEqual(names(ask(flat, vectorOf(1_007)))); // while it grows
    await grown(graph);
    const shared = questions.map((question) => {
      const all = new Set(names(ask(flat, question)));
      return names(ask(table, question)).filter((name) => all.has(name)).length / 10;
    });
    expect(shared.reduce((sum, share) => sum + share, 0) / shared.length).toBeGreaterThan(0.95);
    const [near, far] = [ask(table, vectorOf(1_007)), ask(flat, vectorOf(1_007))];
    expect([near.tools[0], near.steps, far.steps]).toEqual([far.tools[0], 0, 5]);
    expect(Math.abs(near.deviation - far.deviation)).toBeLessThan(0.02);
  });

  test("follows what is replaced and removed", async () => {
    const { table, graph } = tableWithGraph();
    for (const at of [0, 1]) table.put(blockOf(`s${at}`, at * 1_000, 400));
    await grown(graph);
    table.put(blockOf("s0", 5_000, 400));
    table.remove("s1");
    expect(names(ask(table, vectorOf(5_003)))[0]).toBe("s0/tool_3");
    await grown(graph);
    expect(names(ask(table, vectorOf(5_003)))[0]).toBe("s0/tool_3");
    expect(ask(table, vectorOf(1_003)).tools.every(({ server }) => server === "s0")).toBe(true);
    expect(ask(table, vectorOf(1_003)).steps).toBe(0);
  });

  test("begins anew with a model of other dimensions", async () => {
    const { table, graph } = tableWithGraph();
    table.put(blockOf("s", 0, 400));
    await grown(graph);
    table.remove("s");
    await vi.waitFor(() => expect(graph.state).toBe("unneeded"));
    table.put(blockOf("s", 0, 400, 16));
    await grown(graph);
    expect([names(ask(table, vectorOf(7, 16)))[0], ask(table, vectorOf(7, 16)).steps]).toEqual(["s/tool_7", 0]);
  });

  test("leaves the word to a comparison with all where a server is named or a filter lets too few through", async () => {
    const { table, graph } = tableWithGraph();
    for (const at of [0, 1, 2]) table.put(blockOf(`s${at}`, at * 1_000, 400));
    await grown(graph);
    expect(names(ask(table, vectorOf(3), { server: "s2" })).every((name) => name.startsWith("s2/"))).toBe(true);
    const picky = ask(table, vectorOf(3), { filter: (server, tool) => server === "s1" && tool === "tool_9" });
    expect(names(picky)).toEqual(["s1/tool_9"]);
  });

  test("is not grown for few vectors, nor where its library is missing", () => {
    const few = tableWithGraph();
    few.table.put(blockOf("s", 0, FEW));
    const without = tableWithGraph(() => loadUsearch("file:///nowhere/at/all.js"));
    without.table.put(blockOf("s", 0, FEW + 1));
    expect([few.graph.state, without.graph.state]).toEqual(["unneeded", "missing"]);
    expect(names(ask(without.table, vectorOf(7)))[0]).toBe("s/tool_7");
  });
});
