import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonWalk, NOWHERE } from "../../../src/wire/json-walk.ts";
import { isJson } from "../../support/is-json.ts";

const walk = new JsonWalk(128);

function isWalked(text: string | Buffer): boolean {
  const bytes = Buffer.from(text);
  walk.open(bytes);
  const end = walk.value(walk.space(0));
  return end !== NOWHERE && walk.space(end) === bytes.length;
}

function hasEscapedKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const isEscaped = (key: string) => JSON.stringify(key) !== `"${key}"`;
  return (!Array.isArray(value) && Object.keys(value).some(isEscaped)) || Object.values(value).some(hasEscapedKey);
}

/** Bytes from which JSON is made, so that many random texts are almost JSON. */
const shard = fc.constantFrom(...'{}[],:"\\/ -+.0123456789eEutrfalsn', "true", "null", '"a"', "\\u00e9", "\n", "\t", "é", '"k":');

describe("a walk over JSON", () => {
  test("takes every value that is written in one line, wherever its bytes lie in memory", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat({ max: 7 }), (value, shift) => {
        const text = Buffer.from(JSON.stringify(value));
        fc.pre(!hasEscapedKey(value)); // such keys are the parser's
        const placed = Buffer.concat([Buffer.alloc(shift), text]).subarray(shift);
        expect(isWalked(placed)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("takes no text that the parser refuses", () => {
    fc.assert(
      fc.property(fc.array(shard, { maxLength: 12 }), (shards) => {
        const text = shards.join("");
        if (isWalked(text)) expect(isJson(text)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  test("takes no value of which a byte was changed, unless the parser does", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(), fc.nat({ max: 127 }), (value, where, byte) => {
        const text = Buffer.from(JSON.stringify(value));
        text[where % text.length] = byte;
        if (isWalked(text)) expect(isJson(text.toString("utf8"))).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([1, 40, 47, 48, 49, 50, 51, 52, 63, 64, 100, 10_000])("sees what stands in a string at place %i", (length) => {
    const around = (middle: string) => `"${"x".repeat(length)}${middle}${"y".repeat(length)}"`;
    for (const fine of ["", "\\n", '\\"', "\\\\", "\\u12aF", "é", "世", "\x7f"])
      expect([fine, isWalked(around(fine))]).toEqual([fine, true]);
    for (const bad of ["\n", "\r", "\t", "\0", "\x1f", '"', "\\x", "\\u12g4", "\\"]) {
      expect([bad, isWalked(around(bad)), isJson(around(bad))]).toEqual([bad, false, false]);
    }
  });

  test("wants four hex digits behind a u, each of them", () => {
    const isDigit = (character: string) => /[0-9a-fA-F]/.test(character);
    for (let place = 0; place < 4; place += 1) {
      for (let code = 0x20; code < 0x7f; code += 1) {
        const digits = [..."12aF"];
        digits[place] = String.fromCharCode(code);
        const text = `"\\u${digits.join("")}"`;
        expect([text, isWalked(text)]).toEqual([text, isDigit(digits[place] ?? "")]);
      }
    }
    for (const short of ['"\\u12a"', '"\\u"', '"\\u12a']) expect([short, isWalked(short)]).toEqual([short, false]);
  });

  test.each([0, 1])("counts levels of objects and arrays alike, down and up again (%i)", (odd) => {
    const wrap = (inner: unknown, _: unknown, at: number) => (at % 2 === odd ? { k: inner } : [inner]);
    const text = (levels: number) => JSON.stringify(Array.from({ length: levels }).reduce<unknown>(wrap, 1));
    expect([isWalked(text(128)), isWalked(text(129))]).toEqual([true, false]);
    expect(isWalked(`[${Array(200).fill('{"a":[{}]}').join(",")}]`)).toBe(true);
    expect([isWalked(`{"a":${text(127)},"b":${text(127)}}`), isWalked(`{"a":1,"b":${text(128)}}`)]).toEqual([true, false]);
  });

  test("takes as an object or an array only what begins as one", () => {
    for (const text of ['"a":1}', "1]", "[1}", '{"a":1]', '("a":1}', "{]", "[}"]) {
      walk.open(Buffer.from(text));
      expect([text, walk.object(0), walk.array(0)]).toEqual([text, NOWHERE, NOWHERE]);
    }
  });

  test.each(["0", "-0", "1.5", "-1e5", "1E+5", "2e-3", "0.1", "10"])("takes the number %s", (text) => {
    expect(isWalked(text)).toBe(true);
  });

  test.each(["01", "-", "1.", ".5", "1e", "1e+", "+1", "0x1", "1_0", "NaN", "--1", "-e5"])("takes no number %s", (text) => {
    expect(isWalked(text)).toBe(false);
  });

  test.each([
    ["a key given twice", '{"a":{"b":1,"c":2,"b":3}}'],
    ["a key with an escape", '{"\\u0061":1}'],
    ["very many keys", JSON.stringify(Object.fromEntries(Array.from({ length: 49 }, (_, key) => [key, 0])))],
    ["a line break between values", '{"a":\n1}'],
    ["a carriage return", '{"a":1}\r'],
    ["129 levels", `${"[".repeat(129)}${"]".repeat(129)}`],
  ])("leaves %s to the parser", (_what, text) => {
    expect([isWalked(text), isJson(text)]).toEqual([false, true]);
  });

  test("takes spaces, 128 levels and 48 keys", () => {
    expect(isWalked(' { "a" : [ 1 , true , null ] , "b" : { } , "c" : [ ] } ')).toBe(true);
    expect(isWalked(`${"[".repeat(128)}${"]".repeat(128)}`)).toBe(true);
    expect(isWalked(JSON.stringify(Object.fromEntries(Array.from({ length: 48 }, (_, key) => [key, 0]))))).toBe(true);
  });

  test("is done with a text before it begins the next one, and with none it is nowhere", () => {
    isWalked("[[[[");
    expect(isWalked("[]")).toBe(true);
    walk.close();
    expect([walk.value(0), walk.object(0), walk.array(0), walk.string(0), walk.number(0)]).toEqual(Array(5).fill(NOWHERE));
  });
});
