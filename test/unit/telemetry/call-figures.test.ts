import { expect, test } from "vitest";
import type { CallRecord } from "../../../src/model/ports.ts";
import { CallFigures, UNKNOWN } from "../../../src/telemetry/call-figures.ts";
import { MOST_TOOLS, OTHER } from "../../../src/telemetry/server-figures.ts";

const ANYTHING = { server: () => true, tool: () => true };
const call = (tool: string, over: Partial<CallRecord> = {}, backend = "git"): CallRecord => ({
  id: 1,
  ref: { backend, tool },
  ms: 1,
  endedAt: 1,
  code: "ok",
  notes: {},
  ...over,
});

test("tools beyond the bound are counted together", () => {
  const figures = new CallFigures(ANYTHING);
  for (let tool = 0; tool < MOST_TOOLS + 40; tool += 1) figures.callFinished(call(`tool${tool}`));
  figures.callFinished(call("tool3"));
  expect(figures.tools("git")).toHaveLength(MOST_TOOLS + 1);
  expect(figures.tools("git").slice(0, 2)).toMatchObject([
    { tool: OTHER, calls: 40 },
    { tool: "tool3", calls: 2 },
  ]);
  expect(figures.figures("git").calls).toBe(MOST_TOOLS + 41);
});

test.each([
  ["its server does not have", { server: () => true, tool: () => false }, "made_up"],
  ["nobody could read", ANYTHING, "x".repeat(200)],
])("a tool %s gets no figures of its own", (_what, known, tool) => {
  const figures = new CallFigures(known);
  figures.callFinished(call(tool));
  expect(figures.tools("git")).toMatchObject([{ tool: OTHER, calls: 1 }]);
});

test("servers the registry does not name take the room of one", () => {
  const figures = new CallFigures({ server: (id) => id === "git", tool: () => true });
  for (const backend of ["git", "a", "b", "c"]) figures.callFinished(call("log", { code: "not_found" }, backend));
  expect(figures.all().map(([server, { byTool }]) => [server, [...byTool.keys()]])).toEqual([
    ["git", ["log"]],
    [UNKNOWN, [OTHER]],
  ]);
});

test("calls are told apart by how they ended, and by the part the cache had in them", () => {
  const figures = new CallFigures(ANYTHING);
  figures.callFinished(call("log", { notes: { attempts: 2, backendMs: 1, cache: "miss" } }));
  figures.callFinished(call("log", { notes: { cache: "hit" } }));
  figures.callFinished(call("log", { code: "tool_error" }));
  figures.callFinished(call("log", { code: "unavailable" }));
  expect(figures.figures("git")).toMatchObject({ calls: 4, toolErrors: 1, failures: 1, lastFailure: "unavailable", retries: 1 });
  expect(figures.tools("git")).toMatchObject([{ tool: "log", calls: 4, retries: 1, cacheHits: 1 }]);
  expect(figures.all()[0]?.[1].byTool.get("log")?.cache).toEqual({ hit: 1, miss: 1, shared: 0, stale: 0, bypass: 2 });
});

test("a call that waited for a start is no measure of those that did not", () => {
  const figures = new CallFigures(ANYTHING);
  figures.callFinished(call("log", { ms: 900, notes: { startMs: 800, backendMs: 20 } }));
  figures.callFinished(call("log", { ms: 30, notes: { backendMs: 20, queuedMs: 4 } }));
  expect(figures.figures("git").latency).toMatchObject({ count: 1, maxMs: 30 });
  expect(figures.times("git")).toMatchObject({
    inServer: { count: 1, maxMs: 20 },
    ours: { count: 1, maxMs: 10 },
    queueWait: { count: 1, maxMs: 4 },
    firstCalls: { count: 1, maxMs: 900 },
  });
});

test("only changes that end a start are starts: a server that wakes from a pause was not started", () => {
  const figures = new CallFigures(ANYTHING);
  figures.backendChanged("git", "running", undefined, 300);
  figures.backendChanged("git", "paused");
  figures.backendChanged("git", "running");
  figures.backendChanged("git", "failed", "exited", 40);
  expect(figures.figures("git")).toMatchObject({ starts: 1, failedStarts: 1 });
  expect(figures.times("git").starts).toMatchObject({ count: 1, maxMs: 300 });
});

test("a server that has left the registry is forgotten", () => {
  const figures = new CallFigures(ANYTHING);
  figures.callFinished(call("log"));
  figures.forget("git");
  expect(figures.figures("git")).toMatchObject({ calls: 0, lastFailure: undefined });
});
