import { expect, test } from "vitest";
import { asPromise } from "../../../src/gateway/call-endings.ts";
import { pipeline } from "../../../src/gateway/pipeline.ts";
import type { CallContext, CallFilter } from "../../../src/model/call.ts";

const ctx: CallContext = { id: 1, signal: new AbortController().signal, deadline: 0, notes: {} };
const call = { ref: { backend: "b", tool: "t" }, args: {} };

test("the first filter in the list is the outermost: first in, last out", async () => {
  const steps: string[] = [];
  const step =
    (name: string): CallFilter =>
    (next) =>
    (request, context, done) => {
      steps.push(`${name} in`);
      next(request, context, (ending) => {
        steps.push(`${name} out`);
        done(ending);
      });
    };
  const run = pipeline([step("outer"), step("inner")], (_call, _ctx, done) => {
    steps.push("backend");
    done({});
  });
  await asPromise(run, call, ctx);
  expect(steps).toEqual(["outer in", "inner in", "backend", "inner out", "outer out"]);
});

test("without filters the handler itself runs", async () => {
  const answer = { content: [] };
  const run = pipeline([], (_call, _ctx, done) => done(answer));
  expect(await asPromise(run, call, ctx)).toBe(answer);
});
