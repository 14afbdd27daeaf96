import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { LineReader } from "../../../src/wire/line-codec.ts";

interface Reading {
  readonly lines: string[];
  readonly heads: string[];
  readonly tails: string[];
}

function read(chunks: readonly Buffer[], maxBytes = 1_000): Reading {
  const reading: Reading = { lines: [], heads: [], tails: [] };
  const reader = new LineReader({
    maxBytes,
    onLine: (line) => reading.lines.push(line.toString("utf8")),
    onTooLong: (head) => reading.heads.push(head.toString("utf8")),
    onDiscarded: (tail) => reading.tails.push(tail.toString("utf8")),
  });
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return reading;
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
const line = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !/[\r\n]/.test(text) && !text.startsWith("\uFEFF"));
const lineEnd = fc.constantFrom("\n", "\r\n");

describe("LineReader", () => {
  test("any chunking of any lines gives the same lines", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(line, lineEnd), { maxLength: 12 }), shares, (lines, cuts) => {
        const bytes = Buffer.from(lines.map(([text, end]) => text + end).join(""));
        const expected = lines.map(([text]) => Buffer.from(text).toString("utf8")).filter((text) => text !== "");
        expect(read(cut(bytes, cuts)).lines).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("any chunking finds the same lines too long, and only those", () => {
    const sized = fc.nat({ max: 9_000 }).map((size) => "x".repeat(size));
    fc.assert(
      fc.property(fc.array(sized, { maxLength: 6 }), shares, (lines, cuts) => {
        const reading = read(cut(Buffer.from(lines.map((text) => `${text}\n`).join("")), cuts), 5_000);
        const tooLong = lines.filter((text) => text.length > 5_000);
        expect(reading.lines).toEqual(lines.filter((text) => text.length > 0 && text.length <= 5_000));
        expect(reading.heads).toEqual(tooLong.map((text) => text.slice(0, 4_096)));
        expect(reading.tails).toEqual(tooLong.map((text) => text.slice(-4_096)));
      }),
      { numRuns: 200 },
    );
  });

  test("a line of exactly the limit passes, one byte more does not", () => {
    const reading = read([Buffer.from(`${"a".repeat(10)}\n${"b".repeat(11)}\nnext\n`)], 10);
    expect(reading.lines).toEqual(["a".repeat(10), "next"]);
    expect(reading.heads).toEqual(["b".repeat(11)]);
  });

  test("a too long line is told before its end has come", () => {
    const heads: string[] = [];
    const reader = new LineReader({ maxBytes: 4, onLine: () => {}, onTooLong: (head) => heads.push(head.toString()) });
    reader.push(Buffer.from("12345"));
    reader.push(Buffer.from("6789"));
    expect(heads).toEqual(["12345"]);
  });

  test("a character split between chunks arrives whole", () => {
    const bytes = Buffer.from("ä€😀\n");
    expect(read([...bytes].map((byte) => Buffer.from([byte]))).lines).toEqual(["ä€😀"]);
  });

  test("the last line needs no newline", () => {
    expect(read([Buffer.from("one\ntwo")]).lines).toEqual(["one", "two"]);
  });

  test("a byte order mark is skipped at the start only", () => {
    const mark = Buffer.from([0xef, 0xbb, 0xbf]);
    const bytes = Buffer.concat([mark, Buffer.from("one\n"), mark, Buffer.from("two\n")]);
    expect(read([...bytes].map((byte) => Buffer.from([byte]))).lines).toEqual(["one", "\uFEFFtwo"]);
  });

  test("a delivered line keeps its bytes when the next ones come", () => {
    const lines: Buffer[] = [];
    const reader = new LineReader({ maxBytes: 100, onLine: (bytes) => lines.push(bytes), onTooLong: () => {} });
    for (const part of ["o", "ne\n", "t", "wo\n"]) reader.push(Buffer.from(part));
    expect(lines.map(String)).toEqual(["one", "two"]);
  });

  test("a discarded line keeps no more than a few KiB", () => {
    const reader = new LineReader({ maxBytes: 1_000, onLine: () => {}, onTooLong: () => {} });
    const chunk = Buffer.alloc(2 ** 20, "a");
    const before = process.memoryUsage().arrayBuffers;
    for (let mib = 0; mib < 200; mib += 1) reader.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * 2 ** 20);
  });

  test("a line within one chunk is not copied, be it as long as it may", () => {
    const lines: Buffer[] = [];
    const reader = new LineReader({ maxBytes: 5, onLine: (bytes) => lines.push(bytes), onTooLong: () => {} });
    const chunk = Buffer.from("one\nthree\n");
    reader.push(chunk);
    expect(lines.map(String)).toEqual(["one", "three"]);
    for (const bytes of lines) expect(bytes.buffer).toBe(chunk.buffer);
  });

  test("a line of exactly the limit passes in pieces too, and one byte more does not", () => {
    const pieces = (...texts: readonly string[]) =>
      read(
        texts.map((text) => Buffer.from(text)),
        10,
      );
    expect(pieces("aaaaa", "aaaaa", "\n").lines).toEqual(["a".repeat(10)]);
    expect(pieces("aaaaa", "aaaaa\n").lines).toEqual(["a".repeat(10)]);
    expect(pieces("aaaaa", "aaaaaa\n")).toEqual({ lines: [], heads: ["a".repeat(11)], tails: ["a".repeat(11)] });
  });

  test("of a too long line the first and last 4 KiB are kept, wherever it is cut", () => {
    const text = Array.from({ length: 2_000 }, (_, number) => String(number).padStart(5, "0")).join("");
    for (const at of [1, 4_095, 4_096, 4_097, 4_999, 5_000, 5_001, 9_999]) {
      const pieces = [text.slice(0, at), text.slice(at), "\n"].map((piece) => Buffer.from(piece));
      expect(read(pieces, 5_000)).toEqual({ lines: [], heads: [text.slice(0, 4_096)], tails: [text.slice(-4_096)] });
    }
  });

  test("the end of a too long line comes without its carriage return, and nobody need hear of it", () => {
    expect(read([Buffer.from("123456"), Buffer.from("78\r\n")], 4).tails).toEqual(["12345678"]);
    const lines: string[] = [];
    const reader = new LineReader({ maxBytes: 4, onLine: (bytes) => lines.push(String(bytes)), onTooLong: () => {} });
    reader.push(Buffer.from("12345\nnext\n"));
    expect(lines).toEqual(["next"]);
  });

  test("a byte order mark after a too long first line is part of its line", () => {
    expect(read([Buffer.from("123456789\n\uFEFFtwo\n")], 8).lines).toEqual(["\uFEFFtwo"]);
  });

  test("a byte order mark at the start is no part of a too long line", () => {
    expect(read([Buffer.from("\uFEFF123456789\n")], 8).heads).toEqual(["123456789"]);
  });

  test("room for a line in pieces doubles when it is used up, and never beyond the longest line", () => {
    const rooms = vi.spyOn(Buffer, "allocUnsafeSlow");
    const reader = new LineReader({ maxBytes: 10_000, onLine: () => {}, onTooLong: () => {} });
    const sizesAfter = (bytes: number) => {
      for (let byte = 0; byte < bytes; byte += 1) reader.push(Buffer.from("x"));
      return rooms.mock.calls.map(([size]) => size);
    };
    expect(sizesAfter(4_096)).toEqual([4_096]);
    expect(sizesAfter(4_096)).toEqual([4_096, 8_192]);
    expect(sizesAfter(1_808)).toEqual([4_096, 8_192, 10_000]);
    rooms.mockRestore();
  });
});
