import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { parseMessage } from "../../../src/wire/json-rpc.ts";
import { scanAnswer } from "../../../src/wire/scan-answer.ts";

const answer = (result: unknown, over: object = {}) => JSON.stringify({ jsonrpc: "2.0", id: 7, result, ...over });
const scan = (text: string) => scanAnswer(Buffer.from(text));
const textOf = (text: string) => Buffer.concat([...(scan(text)?.result.pieces ?? [])]).toString("utf8");
const TEXT = { type: "text", text: "hi" };
const IMAGE = { type: "image", data: "aGk=", mimeType: "image/png" };

describe("an answer that can go on in its own bytes", () => {
  test("is told from them: its id, whether it is an error, and how much it holds", () => {
    const found = scan(answer({ content: [TEXT, IMAGE], isError: true, structuredContent: { a: 1 } }));
    expect(found).toMatchObject({ id: 7, result: { isError: true, textBytes: 4 + 7, binaryBytes: 4 } });
    expect(found?.result.parse()).toEqual({ content: [TEXT, IMAGE], isError: true, structuredContent: { a: 1 } });
  });

  test("and can be kept on memory of its own, without what it came in", () => {
    const line = Buffer.from(answer({ content: [TEXT, IMAGE], resultType: "complete", isError: true }));
    const own = scanAnswer(line)?.result.onItsOwn();
    line.fill(0);
    const [piece, ...others] = own?.pieces ?? [];
    expect([piece?.length, others]).toEqual([piece?.buffer.byteLength, []]);
    expect(own).toMatchObject({ isError: true, isComplete: true, hasMeta: false, textBytes: 4, binaryBytes: 4 });
    expect(own?.parse()).toEqual({ content: [TEXT, IMAGE], isError: true });
  });

  test("can be taken apart, so that its long values stay bytes", () => {
    const long = fc.string({ unit: "grapheme", minLength: 600, maxLength: 1_200 });
    const block = fc.oneof(
      fc.record({ type: fc.constant("text"), text: fc.oneof(long, fc.string()) }),
      fc.constant(IMAGE),
      long.map((text) => ({ ...IMAGE, data: Buffer.from(text).toString("base64") })),
      fc.record({ text: long, type: fc.constant("text"), annotations: fc.constant({ audience: ["user"] }) }),
    );
    const content = fc.array(block, { maxLength: 4 }).map((blocks) => ["content", blocks] as const);
    const structured = long.map((text) => ["structuredContent", { text, n: 1 }] as const);
    const others = fc.constantFrom(["resultType", "complete"] as const, ["isError", true] as const, ["x-own", "y"] as const);
    const members = fc.tuple(content, structured, others).chain((all) => fc.shuffledSubarray(all, { minLength: 1 }));
    let [texts, binaries, structures] = [0, 0, 0];
    fc.assert(
      fc.property(members, fc.boolean(), (each, isOnItsOwn) => {
        const found = scan(answer(Object.fromEntries(each)))?.result;
        if (!found) return;
        const result = isOnItsOwn ? found.onItsOwn() : found;
        const parts = result.takeApart();
        const rest = structuredClone(parts.rest) as { content: { text?: string; data?: string }[]; structuredContent?: unknown };
        for (const [at, text] of parts.texts) {
          expect(rest.content[at]?.text).toBe("");
          rest.content[at] = { ...rest.content[at], text: text.toString() };
          texts += 1;
        }
        for (const [at, binary] of parts.binaries) {
          expect(rest.content[at]?.data).toBe("");
          rest.content[at] = { ...rest.content[at], data: binary.toString() };
          binaries += 1;
        }
        if (parts.structured) {
          expect(rest.structuredContent).toEqual({});
          rest.structuredContent = JSON.parse(parts.structured.toString());
          structures += 1;
        }
        expect(rest).toEqual(result.parse());
        expect(JSON.stringify(parts.rest).length).toBeLessThan(4 * 1_024 + 400);
      }),
      { numRuns: 500 },
    );
    expect([texts > 100, binaries > 50, structures > 100]).toEqual([true, true, true]);
  });

  test("may have its members in any order, spaces between them, and fields nobody knows", () => {
    const text =
      ' { "result" : { "x-own" : [1e400] , "content" : [ {"text":"hi","type":"text","annotations":{"a":[]}} ] } , "id" : 7 , "jsonrpc" : "2.0" } ';
    expect(textOf(text)).toBe('{ "x-own" : [1e400] , "content" : [ {"text":"hi","type":"text","annotations":{"a":[]}} ] }');
  });

  test.each([
    ['{"resultType":"complete","content":[]}', '{"content":[]}'],
    ['{"content":[],"resultType":"complete"}', '{"content":[]}'],
    ['{"content":[],"resultType":"complete","_meta":{}}', '{"content":[],"_meta":{}}'],
  ])("%s goes on without what only its backend's revision has", (result, expected) => {
    expect(textOf(`{"jsonrpc":"2.0","id":7,"result":${result}}`)).toBe(expected);
  });

  test("keeps numbers, escapes and surrogates as they were written", () => {
    const result =
      '{"content":[{"type":"text","text":"\\ud800 \\u00e9 \\/"}],"structuredContent":{"n":12345678901234567890,"__proto__":1.10}}';
    expect(textOf(`{"jsonrpc":"2.0","id":7,"result":${result}}`)).toBe(result);
  });

  test("is one that the parser reads the same, whatever came", () => {
    const any = fc.jsonValue({ maxDepth: 1 });
    const object = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), any, { maxKeys: 3 });
    const block = fc.oneof(
      fc.record({ type: fc.constant("text"), text: fc.string({ unit: "binary" }) }),
      fc.record({ type: fc.constantFrom("image", "audio"), data: fc.base64String(), mimeType: fc.string() }),
      fc.record({ type: fc.constantFrom("text", "image", "resource", "odd"), text: any, data: any }),
    );
    const result = fc.record(
      {
        content: fc.array(block, { maxLength: 4 }),
        isError: fc.boolean(),
        structuredContent: fc.oneof(object, any),
        _meta: fc.oneof(object, any),
        other: fc.jsonValue(),
      },
      { requiredKeys: ["content"] },
    );
    let taken = 0;
    fc.assert(
      fc.property(result, (value) => {
        const text = answer(value);
        const found = scan(text);
        if (!found) return;
        taken += 1;
        const parsed = parseMessage(Buffer.from(text));
        expect(parsed).toMatchObject({ kind: "response", message: { id: found.id } });
        expect(found.result.parse()).toEqual((parsed as { message: { result: JsonObject } }).message.result);
        expect(found.result.isError).toBe(value.isError === true);
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});

test.each([
  ["an error", '{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":""}}'],
  ["a request", '{"jsonrpc":"2.0","id":7,"method":"ping"}'],
  ["another version", answer({ content: [] }, { jsonrpc: "1.0" })],
  ["an id of text", answer({ content: [] }, { id: "7" })],
  ["an id that is no whole number", '{"jsonrpc":"2.0","id":7.5,"result":{"content":[]}}'],
  ["no id", '{"jsonrpc":"2.0","result":{"content":[]}}'],
  ["a second id", '{"jsonrpc":"2.0","id":7,"result":{"content":[]},"id":8}'],
  ["a second result", '{"jsonrpc":"2.0","id":7,"result":{"content":[]},"result":{}}'],
  ["an unknown member", answer({ content: [] }, { extra: 1 })],
  ["a result without content", answer({ structuredContent: {} })],
  ["content that is no list", answer({ content: {} })],
  ["a question", answer({ resultType: "input_required", content: [] })],
  ["an unknown kind of block", answer({ content: [{ type: "video", data: "aGk=", mimeType: "v" }] })],
  ["a file", answer({ content: [{ type: "resource", resource: { uri: "a:b", text: "" } }] })],
  ["a text block without text", answer({ content: [{ type: "text" }] })],
  ["a text that is none", answer({ content: [{ type: "text", text: 1 }] })],
  ["an image of invalid base64", answer({ content: [{ ...IMAGE, data: "a-_=" }] })],
  ["an image of cut base64", answer({ content: [{ ...IMAGE, data: "aGk" }] })],
  ["an image without a type", answer({ content: [{ type: "image", data: "aGk=" }] })],
  ["structured content that is no object", answer({ content: [], structuredContent: [1] })],
  ["a _meta that is no object", answer({ content: [], _meta: 1 })],
  ["isError that is no boolean", answer({ content: [], isError: "true" })],
  ["a key given twice", '{"jsonrpc":"2.0","id":7,"result":{"content":[],"structuredContent":{"a":1,"a":2}}}'],
  ["several lines", JSON.stringify(JSON.parse(answer({ content: [] })), null, 2)],
  ["something behind it", `${answer({ content: [] })}{}`],
  ["nothing", ""],
])("%s is left to the parser", (_what, text) => {
  expect(scan(text)).toBeUndefined();
});

test("bytes that are no UTF-8 are left to the parser", () => {
  const line = Buffer.from(answer({ content: [TEXT] }));
  line[line.indexOf("hi")] = 0xff;
  expect(scanAnswer(line)).toBeUndefined();
});
