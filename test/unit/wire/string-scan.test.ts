import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { assembled } from "../../../scripts/assemble.ts";
import { isJson } from "../../support/is-json.ts";

/** What strings are made of, whole and broken, in lengths that let anything stand at the end of a block. */
const shard = fc.oneof(
  fc.nat({ max: 300 }).map((length) => "x".repeat(length)),
  fc.constantFrom("\\n", '\\"', "\\\\", "\\/", "\\u00e9", "\\uD83D\\ude00", "é", "世界", "\x7f", "plain"),
);
const broken = fc.constantFrom('"', "\n", "\0", "\x1f", "\\x", "\\u12g4", "\\u12", "\\U0041", "\\");
const inside = fc.tuple(fc.array(shard, { maxLength: 60 }), fc.array(fc.tuple(fc.nat(), broken), { maxLength: 1 }));

describe.each(["with WebAssembly", "without it"])("a look through long text, %s", (how) => {
  let walked: (text: string) => boolean;
  let isBase64: (text: Uint8Array, from: number, to: number) => boolean;

  beforeAll(async () => {
    if (how === "without it") vi.stubGlobal("WebAssembly", undefined);
    vi.resetModules();
    const { JsonWalk } = await import("../../../src/wire/json-walk.ts");
    const scan = await import("../../../src/wire/string-scan.ts");
    ({ isBase64 } = scan);
    const walk = new JsonWalk(4);
    walked = (text) => {
      const bytes = Buffer.from(text);
      walk.open(bytes);
      return walk.string(0) === bytes.length;
    };

    const within = Buffer.from(`${"x".repeat(300)}\\n${"x".repeat(300)}`);
    expect(scan.stringStop(within, 0)).toBe(how === "without it" ? 300 : within.length);
  });
  afterAll(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  test("takes a string exactly when the parser does", () => {
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(inside, ([shards, breaks]) => {
        const parts = [...shards];
        for (const [where, what] of breaks) parts.splice(where % (parts.length + 1), 0, what);
        const text = `"${parts.join("")}"`;
        expect(walked(text)).toBe(isJson(text));
        if (isJson(text)) taken += 1;
        else refused += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(100);
  });

  test.each([96, 352, 1_376, 5_472, 21_856, 54_624])(
    "takes escapes and refuses broken ones around the end of a block, %i",
    (end) => {
      for (let before = end - 12; before < end + 12; before += 1) {
        for (const middle of ["\\n", "\\u12aF", "é", "\\u12g4", "\\x", "\n", '"']) {
          const text = `"${"x".repeat(before)}${middle}${"y".repeat(40)}"`;
          expect([before, middle, walked(text)]).toEqual([before, middle, isJson(text)]);
        }
      }
    },
  );

  test("knows the digits of base64 at any place", () => {
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    fc.assert(
      fc.property(fc.nat({ max: 3_000 }), fc.nat({ max: 20 }), fc.nat(), fc.nat({ max: 255 }), (length, from, where, byte) => {
        const text = Buffer.alloc(from + length + 20, digits);
        if (length > 0) text[from + (where % length)] = byte;
        expect(isBase64(text, from, from + length)).toBe(/^[A-Za-z0-9+/]*$/.test(text.toString("latin1", from, from + length)));
      }),
      { numRuns: 2_000 },
    );
    for (let byte = 0; byte < 256; byte += 1)
      expect([byte, isBase64(Buffer.alloc(40, byte), 0, 40)]).toEqual([byte, digits.includes(String.fromCharCode(byte))]);
  });
});

test("the module is the one that its source makes", async () => {
  const source = new URL("../../../src/wire/string-scan.wat", import.meta.url);
  expect(readFileSync(new URL("string-scan-wasm.ts", source), "utf8")).toBe(await assembled(source));
});
