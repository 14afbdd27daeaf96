import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterAll, expect } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { json } from "../support/scripted-http.ts";
import { callMany, expectHonest, isShed } from "./support/calls.ts";
import { startFlakyHttp } from "./support/flaky-http.ts";
import { faultCase } from "./support/levels.ts";
import { expectOthersUnaffected, openClinic } from "./support/ward.ts";

const nest = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const tool = (name: string, over: JsonObject = {}): JsonObject => ({ name, inputSchema: { type: "object" }, ...over });
const EVIL_PATTERN = { type: "object", properties: { x: { type: "string", pattern: "^(a+)+$" } } };
const many = (count: number, over: (at: number) => JsonObject): JsonObject[] =>
  Array.from({ length: count }, (_, at) => over(at));

/** Lists of tools that are made to keep their reader busy; `write` is among them and can be called. */
const LISTS: Readonly<Record<string, readonly unknown[]>> = {
  "5,000 tools": many(5_000, (at) => tool(`tool-${at}`, { description: `Does thing number ${at} `.repeat(5) })),
  "a description of 2 MB": [tool("long", { description: "word ".repeat(400_000) })],
  "a description of one endless word": [tool("long", { description: "a".repeat(2_000_000) })],
  "a pattern that a naive engine never finishes": [tool("slow", { inputSchema: EVIL_PATTERN })],
  "20,000 parameters": [
    tool("wide", {
      inputSchema: {
        type: "object",
        properties: Object.fromEntries(many(20_000, (at) => ({ at })).map(({ at }) => [`p${at}`, {}])),
      },
    }),
  ],
  "names of the prototype": ["__proto__", "constructor", "toString", "hasOwnProperty"].map((name) => tool(name)),
  "things that are no tools": [null, 7, [], "tool", {}, { name: 5 }, { name: "" }],
};

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
afterAll(() => {
  delay.disable();
  console.log(
    `Event loop delay, this test included: p99.9 ${Math.round(delay.percentile(99.9) / 1e6)} ms, max ${Math.round(delay.max / 1e6)} ms`,
  );
});

const listing = (tools: readonly unknown[]) =>
  json({ resultType: "complete", tools: [tool("write"), ...tools], ttlMs: 0, cacheScope: "private" });

for (const [what, tools] of Object.entries(LISTS))
  faultCase(`F31 a backend that lists ${what} is served as any other, and costs its neighbour nothing`, async (level) => {
    await using patient = await startFlakyHttp("legacy", { on: { "tools/list": listing(tools) } });
    await using clinic = await openClinic({ url: patient.url });
    const [told] = await Promise.all([
      callMany(clinic.gateway, "patient/write", Math.max(1, level)),
      expectOthersUnaffected(clinic),
    ]);
    expect(told.map(({ error }) => error?.message).filter(Boolean)).toEqual([]);
    expectHonest(told, patient.ledger, false);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

for (const era of ["legacy", "modern"] as const)
  faultCase(
    `F31 a ${era} backend that lists a schema 2,000 levels deep is told by its callers' answers, before any call is sent`,
    async (level) => {
      const deep = tool("deep", { inputSchema: JSON.parse(`{"type":"object","x":${nest(2_000)}}`) });
      await using patient = await startFlakyHttp(era, { on: { "tools/list": listing([deep]) } });
      await using clinic = await openClinic({ url: patient.url });
      const [told] = await Promise.all([
        callMany(clinic.gateway, "patient/write", Math.max(1, level)),
        expectOthersUnaffected(clinic),
      ]);
      for (const one of told)
        if (!isShed(one)) expect(one.error).toMatchObject({ code: "answer_over_limit", outcome: "not_executed" });
      expectHonest(told, patient.ledger, false);
    },
  );
