import { expect, test } from "vitest";
import { neutralise } from "../../../src/model/neutralise-text.ts";

const oneLine = (text: string) => neutralise(text, { multiline: false });
const lines = (text: string) => neutralise(text, { multiline: true });
const visible = (codePoint: number) => `\\u{${codePoint.toString(16)}}`;

/** Ranges that have been used to hide text, written down by hand so that the test does not repeat the implementation. */
const HIDDEN: readonly (readonly [number, number])[] = [
  [0x00, 0x1f], // C0: ESC, BEL, NUL, line ends
  [0x7f, 0x9f], // DEL and C1: CSI, OSC
  [0xad, 0xad], // soft hyphen
  [0x34f, 0x34f], // combining grapheme joiner
  [0x600, 0x605], // Arabic number signs
  [0x61c, 0x61c], // Arabic letter mark
  [0x115f, 0x1160], // Hangul fillers
  [0x17b4, 0x17b5], // Khmer inherent vowels
  [0x180b, 0x180f], // Mongolian selectors
  [0x200b, 0x200f], // zero width, marks of direction
  [0x2028, 0x202e], // line and paragraph separator, bidi embedding
  [0x2060, 0x206f], // word joiner, isolates, invisible operators
  [0x3164, 0x3164], // Hangul filler
  [0xd800, 0xdfff], // lone surrogates
  [0xfe00, 0xfe0f], // variation selectors
  [0xfeff, 0xfeff], // byte order mark
  [0xffa0, 0xffa0], // half-width Hangul filler
  [0xfff0, 0xfffb], // interlinear annotation and reserved ignorables
  [0x1bca0, 0x1bca3], // shorthand format controls
  [0x1d173, 0x1d17a], // musical format controls
  [0xe0000, 0xe0fff], // tags, variation selectors supplement
];

test("every code point either stays or becomes visible, and none that hides text stays", () => {
  const hidden = new Set(
    HIDDEN.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index)),
  );
  const oracle = /^(?:\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point})$/u;
  const wrong: string[] = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
    const character = String.fromCodePoint(codePoint);
    const mustChange = hidden.has(codePoint) || oracle.test(character);
    if (oneLine(character) !== (mustChange ? visible(codePoint) : character)) wrong.push(visible(codePoint));
    const kept = !mustChange || character === "\n" || character === "\t";
    if (lines(character) !== (kept ? character : visible(codePoint))) wrong.push(`multiline ${visible(codePoint)}`);
  }
  expect(wrong).toEqual([]);
});

test("nothing that was made visible has to be made visible again", () => {
  const all = Array.from({ length: 0x3000 }, (_, index) => String.fromCodePoint(index)).join("");
  expect(oneLine(oneLine(all))).toBe(oneLine(all));
});

test.each([
  ["\u001b[31mred\u001b[0m", "\\u{1b}[31mred\\u{1b}[0m"],
  ["\u009b2J", "\\u{9b}2J"],
  ["\u001b]0;title\u0007", "\\u{1b}]0;title\\u{7}"],
  ["read\u202egpj.exe", "read\\u{202e}gpj.exe"],
  ["a\u{e0041}\u{e0042}b", "a\\u{e0041}\\u{e0042}b"],
  ["pay\u200bpal", "pay\\u{200b}pal"],
  ["half \ud83d pair", "half \\u{d83d} pair"],
  ["\udc00\ud800", "\\u{dc00}\\u{d800}"],
  ["one\ntwo\tthree\r\n", "one\\u{a}two\\u{9}three\\u{d}\\u{a}"],
])("%j becomes %j", (text, expected) => {
  expect(oneLine(text)).toBe(expected);
});

test("several lines keep tabs and both kinds of line end, but no carriage return that could overwrite a line", () => {
  expect(lines("a\n\tb\r\nc")).toBe("a\n\tb\r\nc");
  expect(lines("safe\rmalicious")).toBe("safe\\u{d}malicious");
  expect(lines("\r\r\n")).toBe("\\u{d}\r\n");
});

test.each(["plain ASCII ~!\\", "Grüße", "日本語のツール", "مرحبا بالعالم", "שלום", "नमस्ते", "🎉🚀", "e\u0301", "a\u00a0b", "←→"])(
  "ordinary text stays: %s",
  (text) => {
    expect(oneLine(text)).toBe(text);
    expect(lines(text)).toBe(text);
  },
);

test("joined emoji stay readable, with the joiner shown", () => {
  expect(oneLine("👩\u200d💻")).toBe("👩\\u{200d}💻");
});
