import fc from "fast-check";
import { expect, test } from "vitest";
import { cutAt } from "../../../src/results/cut-text.ts";
import { pageOf, pageStarts } from "../../../src/results/pages.ts";

const cut = (text: string, bytes: number): string => {
  const buffer = Buffer.from(text);
  return buffer.toString("utf8", 0, cutAt(buffer, 0, bytes));
};

test.each<[string, string, number, string]>([
  ["a paragraph", "one two\nthree four.\n\nfive six seven", 23, "one two\nthree four.\n\n"],
  ["a line", "one two three four five\nsix seven eight", 27, "one two three four five\n"],
  ["a sentence", "One two three four. Five six", 22, "One two three four. "],
  ["a word", "one two three four five six", 20, "one two three four "],
  ["an item of JSON", '{"a":[100,200,300,400,500]}', 16, '{"a":[100,200,'],
  ["nothing but the size", "x".repeat(50), 20, "x".repeat(20)],
  ["nothing but the size, if the last boundary is far", `a b${"x".repeat(50)}`, 20, `a b${"x".repeat(17)}`],
])("a text is cut at %s", (_what, text, bytes, head) => {
  expect(cut(text, bytes)).toBe(head);
});

test("a text that fits is not cut", () => {
  expect(cut("grün", 5)).toBe("grün");
});

test("a text of many megabytes without a boundary is paged in one go", () => {
  expect(pageStarts(Buffer.alloc(32_000_000, "x"), 400)).toHaveLength(80_000);
});

test("pages put together are the text, and each fits and splits no character", () => {
  const text = fc.string({ unit: fc.constantFrom("a", " ", "\n", ".", "é", "語", "🙂"), maxLength: 300 });
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 60 }), (whole, bytes) => {
      const text = Buffer.from(whole);
      const starts = pageStarts(text, bytes);
      const pages = starts.map((_, at) => pageOf(text, starts, at + 1));
      expect(pages.join("")).toBe(whole);
      for (const page of pages) {
        expect(Buffer.byteLength(page)).toBeLessThanOrEqual(bytes);
        expect(Buffer.from(page).toString()).toBe(page); // half a character would not come back
      }
    }),
  );
});
