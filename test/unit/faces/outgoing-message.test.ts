import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeRaw, MAX_MESSAGE_BYTES } from "../../../src/faces/mcp/outgoing-message.ts";
import { joinBytes, type Part } from "../../../src/wire/join-bytes.ts";
import { RawArguments } from "../../../src/wire/raw-arguments.ts";

/** What the host gets, without its newline. */
const written = (parts: readonly Part[] | undefined): string => joinBytes(parts ?? []).toString();

const resultOf = (bytes: number) => `{"x":"${"y".repeat(bytes - 8)}"}`;
const raw = (text: string) => new RawArguments(Buffer.from(text));

describe("an answer with a result that was not read", () => {
  test("is that id and those bytes, whatever the id", () => {
    const ids = fc.oneof(fc.constantFrom(0, -0, 1, -7, 1.5, Number.MAX_SAFE_INTEGER, 'a"b', ""), fc.integer(), fc.string());
    fc.assert(
      fc.property(ids, fc.integer({ min: 8, max: 200 }), (id, bytes) => {
        const result = resultOf(bytes);
        expect(written(encodeRaw(id, raw(result), MAX_MESSAGE_BYTES))).toBe(
          `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`,
        );
      }),
    );
  });

  test("is left to the encoder of errors when there is no room for it", () => {
    const result = raw(resultOf(100));
    const bytes = written(encodeRaw(1, result, MAX_MESSAGE_BYTES)).length;
    expect(encodeRaw(1, result, bytes)).toBeDefined();
    expect(encodeRaw(1, result, bytes - 1)).toBeUndefined();
    const longest = MAX_MESSAGE_BYTES - '{"jsonrpc":"2.0","id":1,"result":}'.length;
    expect(encodeRaw(1, raw(resultOf(longest)), Number.POSITIVE_INFINITY)).toBeDefined();
    expect(encodeRaw(1, raw(resultOf(longest + 1)), Number.POSITIVE_INFINITY)).toBeUndefined();
  });
});
