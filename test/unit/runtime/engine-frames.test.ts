import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader, framedLines } from "../../../src/runtime/engine-frames.ts";

function frame(stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

test("frames come apart into the two streams wherever the bytes are cut", () => {
  const pieces = fc.array(fc.record({ stream: fc.constantFrom(1, 2), payload: fc.uint8Array({ maxLength: 40 }) }), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(60), { maxLength: 20 }), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(({ stream, payload }) => frame(stream, Buffer.from(payload))));
      const heard: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
      const reader = new FrameReader((stream, payload) => heard[stream].push(payload));
      let rest = bytes;
      for (const cut of cuts) {
        expect(reader.push(rest.subarray(0, cut))).toBe(true);
        rest = rest.subarray(cut);
      }
      expect(reader.push(rest)).toBe(true);
      for (const stream of [1, 2] as const) {
        const sent = frames.filter((one) => one.stream === stream).map(({ payload }) => Buffer.from(payload));
        expect(Buffer.concat(heard[stream])).toEqual(Buffer.concat(sent));
      }
    }),
  );
});

test.each([
  ["a stream number there is none of", Buffer.from([3, 0, 0, 0, 0, 0, 0, 1, 65])],
  ["text", Buffer.from("HTTP/1.1 200 OK")],
])("%s is not taken for frames", (_, bytes) => {
  expect(new FrameReader(() => {}).push(bytes)).toBe(false);
});

test("log lines keep the order of both streams", () => {
  const bytes = Buffer.concat([
    frame(2, Buffer.from("warn\n")),
    frame(1, Buffer.from("one\r\ntw")),
    frame(1, Buffer.from("o\n\n")),
  ]);
  expect(framedLines(bytes)).toEqual(["warn", "one", "two"]);
});
