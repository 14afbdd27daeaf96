import fc from "fast-check";
import { describe, expect, test } from "vitest";
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
});
