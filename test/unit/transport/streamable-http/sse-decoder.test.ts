import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SseDecoder, SseOverflow } from "../../../../src/transport/streamable-http/sse-decoder.ts";

const LIMIT = 1_000_000;

function decode(chunks: readonly (string | Buffer)[], decoder = new SseDecoder(LIMIT)): [string, string][] {
  return chunks
    .flatMap((chunk) => decoder.push(Buffer.from(chunk)))
    .map(({ type, data }): [string, string] => [type, data.toString("utf8")]);
}

/** Cuts bytes at the given places, each taken as a share of the whole. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

describe("reads events by the rules of the standard", () => {
  test.each<[string, string, [string, string][]]>([
    [
      "LF",
      "data: a\n\ndata: b\n\n",
      [
        ["message", "a"],
        ["message", "b"],
      ],
    ],
    [
      "CRLF",
      "data: a\r\n\r\ndata: b\r\n\r\n",
      [
        ["message", "a"],
        ["message", "b"],
      ],
    ],
    [
      "CR",
      "data: a\r\rdata: b\r\r",
      [
        ["message", "a"],
        ["message", "b"],
      ],
    ],
    [
      "mixed line ends",
      "data: a\r\n\ndata: b\n\r\n",
      [
        ["message", "a"],
        ["message", "b"],
      ],
    ],
    ["a leading BOM", "\uFEFFdata: a\n\n", [["message", "a"]]],
    ["a BOM further on as part of a field name", "data: a\n\uFEFFdata: b\n\n", [["message", "a"]]],
    ["comments", ": hello\n:\ndata: a\n: in between\n\n", [["message", "a"]]],
    ["several data lines", "data: a\ndata:b\ndata\ndata:  c\n\n", [["message", "a\nb\n\n c"]]],
    [
      "the event type",
      "event: ping\ndata: a\n\ndata: b\n\n",
      [
        ["ping", "a"],
        ["message", "b"],
      ],
    ],
    ["an event without data", "event: ping\nid: 1\n\n\n\n", []],
    ["an event cut off by the end", "data: a\n\ndata: b\n", [["message", "a"]]],
    ["unknown fields", "colour: red\ndata: a\nd\n\n", [["message", "a"]]],
  ])("%s", (_name, text, events) => {
    expect(decode([text])).toEqual(events);
  });

  test("the last id and the reconnection time are remembered, malformed ones are not", () => {
    const decoder = new SseDecoder(LIMIT);
    decode(["id: 7\nretry: 250\ndata: \n\nid: with\0zero\nretry: soon\ndata: a\n\n"], decoder);
    expect([decoder.lastEventId, decoder.retryMs]).toEqual(["7", 250]);
  });

  test("how the bytes are cut changes nothing", () => {
    const line = fc.oneof(
      fc.string({ unit: "binary" }).map((text) => `data: ${text.replaceAll(/[\r\n\uFEFF]/g, "")}`),
      fc.constantFrom(": comment", "id: 1", "event: x", "data", "", "", "retry: 5"),
    );
    const stream = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r", "\r\n")));
    fc.assert(
      fc.property(stream, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (lines, places) => {
        const bytes = Buffer.from(lines.map(([text, end]) => text + end).join(""));
        expect(decode(cut(bytes, places))).toEqual(decode([bytes]));
      }),
    );
  });
});

describe("bounds what it holds", () => {
  test.each([
    ["a line without end", "data: ", "x".repeat(64)],
    ["a comment without end", ":", "x".repeat(64)],
    ["an event of many lines", "", "data: x\n"],
    ["an event of many empty lines", "", "data\n"],
  ])("%s", (_name, start, piece) => {
    const decoder = new SseDecoder(10_000);
    decoder.push(Buffer.from(start));
    expect(() => {
      for (let pieces = 0; pieces < 10_000; pieces += 1) decoder.push(Buffer.from(piece));
    }).toThrow(SseOverflow);
  });

  test("any number of events below the limit", () => {
    const decoder = new SseDecoder(1_000);
    expect(decode(["data: x\n: comment\n\n".repeat(10_000)], decoder)).toHaveLength(10_000);
  });
});

test("a line is not copied out of its chunk, but a short one does not keep a long chunk alive", () => {
  const text = `${"x".repeat(40_000)}`;
  const chunk = Buffer.from(`data: ${text}\n\n: ${"y".repeat(10_000)}\ndata: short\n\n`);
  const [long, short] = new SseDecoder(LIMIT).push(chunk);
  expect([long?.data.toString(), short?.data.toString()]).toEqual([text, "short"]);
  expect(long?.data.buffer).toBe(chunk.buffer);
  expect(short?.data.buffer).not.toBe(chunk.buffer);
});
