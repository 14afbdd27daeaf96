import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RequestEncoder } from "../../../src/wire/encode-request.ts";
import { joinBytes } from "../../../src/wire/join-bytes.ts";
import { RawArguments } from "../../../src/wire/raw-arguments.ts";

const request = (params: Readonly<Record<string, unknown>>, id: number | string = 2 ** 30) =>
  ({ jsonrpc: "2.0", id, method: "tools/call", params }) as const;
const raw = (text: string) => new RawArguments(Buffer.from(text));

describe("a request", () => {
  test("with arguments that were not read has them in their own bytes", () => {
    const text = new RequestEncoder().encode(request({ name: "log", arguments: raw('{ "n": 1.0 }'), _meta: { a: 1 } }));
    expect(text.toString()).toBe(
      '{"jsonrpc":"2.0","id":1073741824,"method":"tools/call","params":{"name":"log","arguments":{ "n": 1.0 },"_meta":{"a":1}}}',
    );
  });

  test("says the same as one whose arguments were read, one after the other through one encoder", () => {
    const encoder = new RequestEncoder();
    const names = fc.oneof(fc.constantFrom("log", "wörter", 'a"b', "x".repeat(300)), fc.string({ unit: "grapheme" }));
    const ids = fc.oneof(fc.integer({ min: -3, max: 12 }), fc.maxSafeNat(), fc.string());
    const metas = fc.option(fc.constantFrom({ a: 1 }, { "io.sallyport/timeoutMs": 45_000 }, {}, { long: "x".repeat(2_000) }), {
      nil: undefined,
    });
    const others = fc.option(fc.constant({ requestState: "x" }), { nil: {} });
    const args = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
    fc.assert(
      fc.property(names, ids, metas, others, args, (name, id, meta, more, given) => {
        const params = { name, ...more, ...(meta && { _meta: meta }) };
        const spliced = encoder.encode(request({ ...params, arguments: raw(JSON.stringify(given)) }, id)).toString();
        expect(JSON.parse(spliced)).toEqual(JSON.parse(JSON.stringify(request({ ...params, arguments: given }, id))));
        const line = encoder.encodeLine(request({ ...params, arguments: raw(JSON.stringify(given)) }, id));
        expect(typeof line === "string" ? line : joinBytes(line).toString()).toBe(spliced);
      }),
      { numRuns: 1_000 },
    );
  });

  test("of the same tool under another method is another", () => {
    const encoder = new RequestEncoder();
    const params = { name: "log", arguments: raw("{}") };
    const methods = ["tools/call", "tools/try"].map(
      (method) => JSON.parse(encoder.encode({ ...request(params), method }).toString()).method,
    );
    expect(methods).toEqual(["tools/call", "tools/try"]);
  });

  test("keeps what it knows of names small", () => {
    const encoder = new RequestEncoder();
    for (let tool = 0; tool < 600; tool += 1) {
      const text = encoder.encode(request({ name: `t${tool}`, arguments: raw("{}") })).toString();
      expect(JSON.parse(text).params.name).toBe(`t${tool}`);
    }
    expect(JSON.parse(encoder.encode(request({ name: "t1", arguments: raw("{}") })).toString()).params.name).toBe("t1");
  });

  test("that was read is text", () => {
    const params = { name: "log", arguments: { a: 1 } };
    expect(new RequestEncoder().encode(request(params))).toBe(JSON.stringify(request(params)));
  });
});

test("unread arguments are read once", () => {
  const args = raw('{"a":[1]}');
  expect(args.parse()).toEqual({ a: [1] });
  expect(args.parse()).toBe(args.parse());
});
