import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { readRaw } from "../../../src/model/raw-result.ts";
import { type CutResult, cutResult, type ResultBudget } from "../../../src/results/cut-result.ts";
import { scanAnswer } from "../../../src/wire/scan-answer.ts";

const escaped = (json: string): string =>
  json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** As a server of either era may write it; structured content is kept as it was written, and thus not always the same. */
const lines = (result: JsonObject) =>
  [result, { resultType: "complete", ...result }, { ...result, resultType: "complete" }]
    .map((each) => JSON.stringify({ jsonrpc: "2.0", id: 1, result: each }))
    .flatMap((line) => ("structuredContent" in result ? [line] : [line, escaped(line)]));

const NOTICE = { type: "text", text: "[more]" };
const shownOf = (cut: CutResult | undefined) =>
  cut?.stored ? { ...cut, shown: readRaw(cut.shown(NOTICE, { handle: "r_1" })) } : cut;

const words = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "grapheme", minLength: 600, maxLength: 1_500 }),
);
const block = fc.oneof(
  words.map((text) => ({ type: "text", text })),
  words.map((text) => ({ type: "image", data: Buffer.from(text).toString("base64"), mimeType: "image/png" })),
);
const content = fc.oneof(
  fc.array(block, { maxLength: 5 }),
  fc.string({ unit: "grapheme", minLength: 1_100, maxLength: 2_500 }).map((text) => [{ type: "text", text }]),
);
const result = fc.record(
  { content, isError: fc.boolean(), structuredContent: fc.record({ a: words, n: fc.integer() }) },
  { requiredKeys: ["content"] },
);
const budget = fc.record({
  text: fc.oneof(fc.integer({ min: 400, max: 4_000 }), fc.constant(100_000)), // else images are seldom all that is left out
  binary: fc.integer({ min: 0, max: 4_000 }),
});

test("a result that was not read is cut to the same as one that was", () => {
  const seen = { fits: 0, text: 0, unread: 0, binary: 0 };
  fc.assert(
    fc.property(result, budget, (each: JsonObject, room: ResultBudget) => {
      const expected = cutResult(JSON.parse(JSON.stringify(each)), room);
      for (const line of lines(each)) {
        const raw = scanAnswer(Buffer.from(line))?.result;
        if (!raw) continue;
        expect(shownOf(cutResult(raw, room))).toEqual(shownOf(expected));
        if (raw.oneText() && expected) seen.unread += 1;
        seen[expected === undefined ? "fits" : expected.stored ? "text" : "binary"] += 1;
      }
    }),
    { numRuns: 100, endOnFailure: true },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
});
