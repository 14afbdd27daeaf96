import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { cutResult, type ResultBudget } from "../../../src/results/cut-result.ts";
import { scanAnswer } from "../../../src/wire/scan-answer.ts";

const scanned = (result: JsonObject) => scanAnswer(Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result })))?.result;

const words = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "grapheme", minLength: 600, maxLength: 1_500 }),
);
const block = fc.oneof(
  words.map((text) => ({ type: "text", text })),
  words.map((text) => ({ type: "image", data: Buffer.from(text).toString("base64"), mimeType: "image/png" })),
);
const result = fc.record(
  { content: fc.array(block, { maxLength: 5 }), structuredContent: fc.record({ a: words, n: fc.integer() }) },
  { requiredKeys: ["content"] },
);
const budget = fc.record({ text: fc.integer({ min: 400, max: 4_000 }), binary: fc.integer({ min: 0, max: 4_000 }) });

test("a result that was not read is cut to the same as one that was", () => {
  const seen = { fits: 0, text: 0, binary: 0 };
  fc.assert(
    fc.property(result, budget, (each: JsonObject, room: ResultBudget) => {
      const raw = scanned(each);
      if (!raw) return;
      const expected = cutResult(JSON.parse(JSON.stringify(each)), room);
      expect(cutResult(raw, room)).toEqual(expected);
      seen[expected === undefined ? "fits" : expected.stored ? "text" : "binary"] += 1;
    }),
    { numRuns: 200 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
});
