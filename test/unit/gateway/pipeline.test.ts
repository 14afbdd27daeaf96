import { expect, test } from "vitest";
import { pipeline } from "../../../src/gateway/pipeline.ts";
import type { CallContext, CallFilter } from "../../../src/model/call.ts";

const ctx: CallContext = { id: "c1", signal: new AbortController().signal, deadline: 0, notes: {} };
const call = { ref: { backend: "b", tool: "t" }, args: {} };

test("the first filter in the list is the outermost: first in, last out", async () => {
  const steps: string[] = [];
  const step =
    (name: string): CallFilter =>
    (next) =>
    async (request, context) => {
      steps.push(`${name} in`);
      const result = await next(request, context);
      steps.push(`${name} out`);
      return result;
    };
  const run = pipeline([step("outer"), step("inner")], async () => {
    steps.push("backend");
    return {};
  });
  await run(call, ctx);
  expect(steps).toEqual(["outer in", "inner in", "backend", "inner out", "outer out"]);
});

test("without filters the handler itself runs", async () => {
  const answer = { content: [] };
  expect(await pipeline([], async () => answer)(call, ctx)).toBe(answer);
});
