import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringifyExactly } from "../../../src/wire/exact-json.ts";
import { errorResponse, type ParsedMessage, parseMessage } from "../../../src/wire/json-rpc.ts";

const parse = (text: string | Uint8Array): ParsedMessage => parseMessage(Buffer.from(text));
const refused = (code: number, id: unknown) => ({ kind: "invalid", id, error: { code } });

describe("parseMessage", () => {
  test.each([
    ['{"jsonrpc":"2.0","id":1,"method":"ping"}', "request"],
    ['{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x"}}', "request"],
    ['{"jsonrpc":"2.0","id":"\\ud800","method":"ping","params":null}', "request"],
    ['{"jsonrpc":"2.0","method":"notifications/initialized"}', "notification"],
    ['{"jsonrpc":"2.0","id":1,"result":{}}', "response"],
    ['{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}', "response"],
    ['{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"no"}}', "response"],
    ['{"jsonrpc":"2.0","error":{"code":-1,"message":"no"}}', "response"],
  ])("%s is a %s", (text, kind) => {
    expect(parse(text).kind).toBe(kind);
  });

  test.each([
    ["[]", null],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', null],
    ["null", null],
    ['"text"', null],
    ["{}", null],
    ['{"jsonrpc":"2.0","id":1}', 1],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","extra":true}', 1],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{}}', 1],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', 1],
    ['{"id":1,"method":"ping"}', 1],
    ['{"jsonrpc":"2.0","id":1,"method":5}', 1],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', 1],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', 1],
    ['{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}', 1],
    ['{"jsonrpc":"2.0","id":1,"result":"text"}', 1],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', null],
    ['{"jsonrpc":"2.0","id":true,"method":"ping"}', null],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', null],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', null],
    ['{"jsonrpc":"2.0","id":-0,"method":"ping"}', null],
    [`{"jsonrpc":"2.0","id":"${"x".repeat(2_000)}","method":"ping"}`, null],
  ])("%s is an invalid request of id %s", (text, id) => {
    expect(parse(text)).toMatchObject(refused(-32_600, id));
  });

  test.each([
    ["nonsense", null],
    ['{"jsonrpc":"2.0","id":7,"method":"ping"', 7],
    ['{"jsonrpc":"2.0","method":"ping","params":{"id":1},"id":"seven",}', "seven"],
    ['{"jsonrpc":"2.0","method":"x","params":{"id":1},', null],
    ['{"text":"\\"id\\": 3, ", "id": 4, oops', 4],
    ['{"jsonrpc":"2.0","id":1', null],
  ])("%s is a parse error of id %s", (text, id) => {
    expect(parse(text)).toMatchObject(refused(-32_700, id));
  });

  test("an id that no double can hold comes back as it was written", () => {
    const parsed = parse('{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}');
    if (parsed.kind !== "request") throw new Error("not a request");
    expect(stringifyExactly({ id: parsed.message.id })).toBe('{"id":9007199254740993}');
  });

  test.each([
    ['{"jsonrpc":"2.0","id":1,"method":"a","params":{"b":2}}', "request", { id: 1, method: "a", params: { b: 2 } }],
    ['{"jsonrpc":"2.0","id":"x","method":"a","params":null}', "request", { id: "x", method: "a" }],
    ['{"jsonrpc":"2.0","method":"a"}', "notification", { method: "a" }],
    ['{"jsonrpc":"2.0","method":"a","params":{}}', "notification", { method: "a", params: {} }],
    ['{"jsonrpc":"2.0","id":1,"result":{"b":2}}', "response", { id: 1, result: { b: 2 } }],
    [
      '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no","data":3}}',
      "response",
      { id: 1, error: { code: -1, message: "no", data: 3 } },
    ],
    ['{"jsonrpc":"2.0","error":{"code":-1,"message":"no"}}', "response", { id: null, error: { code: -1, message: "no" } }],
    [
      '{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"no"}}',
      "response",
      { id: null, error: { code: -1, message: "no" } },
    ],
  ])("%s is read as a %s, whole and with nothing else", (text, kind, members) => {
    expect(parse(text)).toStrictEqual({ kind, message: { jsonrpc: "2.0", ...members } });
  });

  test.each([
    ["[]", "unknown", "Batches are not supported: send one message per line"],
    ["5", "unknown", "Message is not a JSON object"],
    ["{}", "unknown", 'Message has no "jsonrpc": "2.0"'],
    ['{"method":"a"}', "request", 'Message has no "jsonrpc": "2.0"'],
    ['{"result":{}}', "response", 'Message has no "jsonrpc": "2.0"'],
    ['{"error":{}}', "response", 'Message has no "jsonrpc": "2.0"'],
    ['{"jsonrpc":"2.0","method":"a","more":1}', "request", 'Message has an unknown member "more"'],
    [`{"jsonrpc":"2.0","method":"a","${"m".repeat(100)}":1}`, "request", `Message has an unknown member "${"m".repeat(64)}"`],
    ['{"jsonrpc":"2.0","method":5}', "request", "Method is not a string"],
    ['{"jsonrpc":"2.0","method":"a","result":{}}', "request", "Message is both a request and a response"],
    ['{"jsonrpc":"2.0","method":"a","error":{}}', "request", "Message is both a request and a response"],
    ['{"jsonrpc":"2.0","method":"a","params":"b"}', "request", "Params are not a JSON object"],
    ['{"jsonrpc":"2.0","method":"a","id":null}', "request", "Id is neither a short string nor a safe integer"],
    ['{"jsonrpc":"2.0","id":1}', "unknown", "Message has neither a method nor exactly one of result and error"],
    ['{"jsonrpc":"2.0","result":{},"error":{}}', "response", "Message has neither a method nor exactly one of result and error"],
    ['{"jsonrpc":"2.0","result":{},"params":{}}', "response", "Message has neither a method nor exactly one of result and error"],
    ['{"jsonrpc":"2.0","result":{}}', "response", "Response is malformed"],
    ['{"jsonrpc":"2.0","id":1,"result":[]}', "response", "Response is malformed"],
    ['{"jsonrpc":"2.0","id":true,"error":{"code":1,"message":""}}', "response", "Response is malformed"],
    ['{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}}', "response", "Response is malformed"],
    ['{"jsonrpc":"2.0","id":1,"error":{"code":1}}', "response", "Response is malformed"],
    ['{"jsonrpc":"2.0","id":1,"error":"no"}', "response", "Response is malformed"],
  ])("%s is the ruin of a %s: %s", (text, shape, message) => {
    expect(parse(text)).toMatchObject({ kind: "invalid", shape, error: { code: -32_600, message } });
  });

  test("what is no JSON, and what nests too deep, is told so", () => {
    expect(parse("{")).toMatchObject({ error: { message: "Message is not valid JSON" } });
    expect(parseMessage(Buffer.from("[[[]]]"), 2)).toMatchObject({ error: { message: "Message nests deeper than 2 levels" } });
  });

  test("an id of 1,024 characters is the longest that is read", () => {
    const named = (length: number) => parse(`{"jsonrpc":"2.0","id":"${"x".repeat(length)}","method":"a"}`).kind;
    expect([named(1_024), named(1_025)]).toEqual(["request", "invalid"]);
  });

  test("an id whose bytes are no UTF-8 is refused, for it cannot be echoed", () => {
    const line = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":"'), Buffer.from([0xff]), Buffer.from('","method":"ping"}')]);
    expect(parse(line)).toMatchObject(refused(-32_600, null));
  });

  test("a broken response says so, because its id is not the sender's", () => {
    expect(parse('{"jsonrpc":"2.0","id":3,"result":{},"more":1}')).toMatchObject({ shape: "response", id: 3 });
    expect(parse('{"result":{},"jsonrpc":"2.0","id":3,')).toMatchObject({ shape: "response", id: 3 });
  });

  test("a message nested too deep is refused with its id, however deep it is", () => {
    const nest = (depth: number) =>
      `{"jsonrpc":"2.0","id":9,"method":"x","params":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
    expect(parse(nest(126)).kind).toBe("request");
    expect(parse(nest(127))).toMatchObject(refused(-32_600, 9));
    expect(parse(nest(1_000_000))).toMatchObject(refused(-32_600, 9));
  });

  test("whatever the bytes, it answers and never throws", () => {
    const kinds = ["request", "notification", "response", "invalid"];
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => kinds.includes(parse(bytes).kind)));
    fc.assert(fc.property(fc.json(), (text) => kinds.includes(parse(text).kind)));
  });

  test("an outermost id is found in any broken message, an inner one never", () => {
    fc.assert(
      fc.property(fc.json(), fc.maxSafeInteger(), fc.nat(1_000), (params, id, inner) => {
        fc.pre(!Object.is(id, -0));
        const text = `{"params":{"id":${inner},"more":${params}},"id":${id},`;
        expect(parse(text)).toMatchObject({ id });
        expect(parse(text.replace(/"id":-?\d+,$/, ""))).toMatchObject({ id: null });
      }),
    );
  });
});

test("an error answer names its request, or nobody's where its id could not be read", () => {
  const error = { code: -32_700, message: "no" };
  expect(errorResponse(7, error)).toStrictEqual({ jsonrpc: "2.0", id: 7, error });
  expect(errorResponse(null, error)).toStrictEqual({ jsonrpc: "2.0", id: null, error });
});
