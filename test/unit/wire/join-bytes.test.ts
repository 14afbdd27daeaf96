import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, isCounted, joinBytes } from "../../../src/wire/join-bytes.ts";

const parts = fc.array(
  fc.oneof(
    fc.maxSafeNat(),
    fc.constantFrom(0, 9, 10, 99, 100, Number.MAX_SAFE_INTEGER),
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: "grapheme" }).map((text) => Buffer.from(text)),
  ),
);

test("parts stand behind each other, numbers as their digits", () => {
  fc.assert(
    fc.property(parts, (given) => {
      const expected = Buffer.concat(given.map((part) => (typeof part === "number" ? Buffer.from(JSON.stringify(part)) : part)));
      expect(joinBytes(given).equals(expected)).toBe(true);
      expect(bytesOf(given)).toBe(expected.length);
    }),
    { numRuns: 1_000 },
  );
});

test("only a number JSON writes with nothing but digits is one of them", () => {
  expect([0, 1, 2 ** 53 - 1].every(isCounted)).toBe(true);
  expect([-0, -1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, "1", null, undefined].some(isCounted)).toBe(false);
});
