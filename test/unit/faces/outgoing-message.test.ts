import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeRaw, MAX_MESSAGE_BYTES } from "../../../src/faces/mcp/outgoing-message.ts";
import { BATCH_BYTES, type Line } from "../../../src/wire/line-writer.ts";
import { RawArguments } from "../../../src/wire/raw-arguments.ts";

/** What the host gets of a line. */
function written(line: Line | undefined): string {
  if (line === undefined || typeof line === "string") throw new Error("no bytes");
  return Buffer.isBuffer(line) ? line.toString() : `${Buffer.concat(line).toString()}\n`;
}

const resultOf = (bytes: number) => `{"x":"${"y".repeat(bytes - 8)}"}`;
const raw = (text: string) => new RawArguments(Buffer.from(text));

describe("an answer with a result that was not read", () => {
  test("is one line with that id and those bytes, whatever the id and however long", () => {
    const ids = fc.oneof(fc.constantFrom(0, -0, 1, -7, 1.5, Number.MAX_SAFE_INTEGER, 'a"b', ""), fc.integer(), fc.string());
    const sizes = fc.oneof(fc.integer({ min: 8, max: 200 }), fc.integer({ min: BATCH_BYTES - 80, max: BATCH_BYTES + 10 }));
    fc.assert(
      fc.property(ids, sizes, (id, bytes) => {
        const result = resultOf(bytes);
        expect(written(encodeRaw(id, raw(result), MAX_MESSAGE_BYTES))).toBe(
          `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}\n`,
        );
      }),
    );
  });

  test("is left to the encoder of errors when there is no room for it, its newline not counted", () => {
    const result = raw(resultOf(100));
    const bytes = written(encodeRaw(1, result, MAX_MESSAGE_BYTES)).length - 1;
    expect(encodeRaw(1, result, bytes)).toBeDefined();
    expect(encodeRaw(1, result, bytes - 1)).toBeUndefined();
    const longest = MAX_MESSAGE_BYTES - '{"jsonrpc":"2.0","id":1,"result":}'.length;
    expect(encodeRaw(1, raw(resultOf(longest)), Number.POSITIVE_INFINITY)).toBeDefined();
    expect(encodeRaw(1, raw(resultOf(longest + 1)), Number.POSITIVE_INFINITY)).toBeUndefined();
  });
});
