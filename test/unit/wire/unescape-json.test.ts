import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

const piece = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(Buffer.from(text).toString()).slice(1, -1)),
  fc.nat({ max: 400 }).map((length) => "x".repeat(length)),
  fc.constantFrom("\\n", '\\"', "\\\\", "\\/", "\\b", "\\f", "\\r", "\\t", "é", "世界"),
  fc.constantFrom("\\u0000", "\\u007f", "\\u00E9", "\\u07ff", "\\u0800", "\\uffff", "\\ud83d\\ude00", "\\uDBFF\\uDFFF"),
);

describe.each(["with WebAssembly", "without it"])("what a string of JSON means, %s", (how) => {
  let meaning: (json: string) => string;
  let read: (raw: Uint8Array) => Buffer;
  let escapedLength: (raw: Uint8Array, bytes: number) => number;

  beforeAll(async () => {
    if (how === "without it") vi.stubGlobal("WebAssembly", undefined);
    vi.resetModules();
    ({ unescapeJson: read, escapedLength } = await import("../../../src/wire/unescape-json.ts"));
    meaning = (json) => read(Buffer.from(json.slice(1, -1))).toString();
  });
  afterAll(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  test("is what the parser reads, however it is escaped", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const json = `"${pieces.join("")}"`;
        expect(meaning(json)).toBe(JSON.parse(json));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([256, 1_280, 5_376, 21_760, 38_144])("is that around the end of a block, %i", (end) => {
    for (let before = end - 8; before <= end + 2; before += 1) {
      for (const middle of ["\\n", "\\\\", "\\u12aF", "é", "\\ud83d\\ude00"]) {
        const json = `"${"x".repeat(before)}${middle}${"y".repeat(40)}"`;
        expect(meaning(json)).toBe(JSON.parse(json));
      }
    }
  });

  test.each(['"\\ud83d"', '"\\ude00\\ud83d"', '"\\ud83dx\\ude00"', '"\\ud83d\\ud83d\\ude00"', '"\\ud83d\\n"'])(
    "is, of half a pair in %s, the character for no character",
    (json) => {
      expect(meaning(json)).toBe(Buffer.from(JSON.parse(json) as string).toString());
    },
  );

  test.each(["\\", "a\\", "\\x", `${"x".repeat(255)}\\`, "\\u", "\\u12", "\\ud83d\\u"])(
    "comes to an end for %j, which is none",
    (raw) => {
      expect(read(Buffer.from(raw)).length).toBeLessThanOrEqual(raw.length);
    },
  );

  test("lies on memory of its own, about as much as it needs", () => {
    for (const json of ["plain text", "li\\nes", "one\\nline of text", "\\u0041".repeat(100)]) {
      const text = read(Buffer.from(json));
      expect(text.buffer.byteLength).toBeLessThanOrEqual(text.length * 1.1);
    }
  });

  test("begins with what the first bytes of the string mean, as far as is told", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.nat(), (pieces, seed) => {
        const raw = Buffer.from(pieces.join(""));
        const text = read(raw);
        let end = seed % (text.length + 1);
        while (((text[end] ?? 0) & 0xc0) === 0x80) end -= 1;
        const length = escapedLength(raw, end);
        expect(read(raw.subarray(0, length)).equals(text.subarray(0, end))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each(["\\n", "\\\\", "\\u12aF", "é", "\\ud83d\\ude00"])("and around the end of what is looked at, %s", (middle) => {
    for (let before = 16_384 - 8; before <= 16_384 + 2; before += 1) {
      const raw = Buffer.from(`${"x".repeat(before)}${middle}${middle}${"y".repeat(40)}`);
      const end = read(raw).length - 39;
      expect(raw.toString("utf8", escapedLength(raw, end))).toBe("y".repeat(39));
    }
  });

  test("puts units of UTF-16 at every border together as the parser does", () => {
    const borders = [0x00, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff];
    const escaped = (unit: number) => `\\u${unit.toString(16).padStart(4, "0")}`;
    for (const first of borders) {
      for (const second of borders) {
        const raw = `${escaped(first)}${escaped(second)}`;
        const meant = Buffer.from(JSON.parse(`"${raw}"`) as string);
        expect([raw, read(Buffer.from(raw)).toString("hex")]).toEqual([raw, meant.toString("hex")]);
      }
    }
  });
});
