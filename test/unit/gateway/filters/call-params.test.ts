import { expect, test } from "vitest";
import { CallParams } from "../../../../src/gateway/filters/call-params.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Connection, Era } from "../../../../src/model/ports.ts";
import { callOf, contextOf } from "./one-call.ts";

const to = (era: Era): Connection => ({ era }) as Connection;
const TIMEOUT = "io.sallyport/timeoutMs";
const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";

/** The `_meta` of one call after the other. */
function metas(calls: readonly (readonly [era: Era, host: JsonObject | undefined, waitMs: number, meta?: JsonObject])[]) {
  const params = new CallParams();
  return calls.map(([era, hostCapabilities, waitMs, meta]) => {
    const of = params.of(callOf(), {}, contextOf({ hostCapabilities, meta }), to(era), waitMs);
    return of["_meta"] as JsonObject;
  });
}

test("a call says for how long its answer is waited for, and to a modern backend what its own host can do", () => {
  const asks = { elicitation: { form: {} }, other: {} };
  const said = metas([
    ["modern", asks, 1_000],
    ["modern", {}, 1_000],
    ["legacy", asks, 1_000],
    ["modern", asks, 2_000],
    ["modern", undefined, 2_000],
    ["modern", asks, 2_000, { trace: "t1" }],
    ["modern", asks, 2_000],
  ]);
  const mirrored = { [CAPABILITIES]: { elicitation: { form: {} } } };
  expect(said).toEqual([
    { [TIMEOUT]: 1_000, ...mirrored },
    { [TIMEOUT]: 1_000, [CAPABILITIES]: {} },
    { [TIMEOUT]: 1_000 },
    { [TIMEOUT]: 2_000, ...mirrored },
    { [TIMEOUT]: 2_000 },
    { [TIMEOUT]: 2_000, ...mirrored, trace: "t1" },
    { [TIMEOUT]: 2_000, ...mirrored },
  ]);
});

test("what is said once more is the same object, so that it need not be written anew", () => {
  const host = { roots: {} };
  const [first, second] = metas([
    ["modern", host, 1_000],
    ["modern", host, 1_000],
  ]);
  expect(second).toBe(first);
  const [nothing, likewise] = metas([
    ["modern", {}, 1_000],
    ["modern", { other: {} }, 1_000],
  ]);
  expect(likewise).toBe(nothing);
});
