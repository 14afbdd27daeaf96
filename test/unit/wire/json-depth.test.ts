import fc from "fast-check";
import { expect, test } from "vitest";
import { valueExceedsDepth } from "../../../src/wire/json-depth.ts";
import { surveyJson } from "../../../src/wire/survey-json.ts";

const bytesExceedDepth = (text: Buffer, limit: number): boolean => surveyJson(text, limit).tooDeep;

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("bytes and value agree with the real depth of any JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(8), (value, limit) => {
      const tooDeep = depthOf(value) > limit;
      expect(bytesExceedDepth(Buffer.from(JSON.stringify(value)), limit)).toBe(tooDeep);
      expect(valueExceedsDepth(value, limit)).toBe(tooDeep);
    }),
  );
});

test("brackets and quotes inside strings do not count", () => {
  const text = JSON.stringify({ a: '[[[["\\', b: ['{{\\"'] });
  expect(bytesExceedDepth(Buffer.from(text), 2)).toBe(false);
  expect(bytesExceedDepth(Buffer.from(text), 1)).toBe(true);
});

test("a value a million levels deep is told without recursion", () => {
  const text = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  expect(bytesExceedDepth(Buffer.from(text), 128)).toBe(true);
  expect(valueExceedsDepth(JSON.parse(text), 128)).toBe(true);
});
