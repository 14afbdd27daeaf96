import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scanInvoke, withReadArguments } from "../../../src/faces/mcp/scan-invoke.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { parseMessage } from "../../../src/wire/json-rpc.ts";
import { RawArguments } from "../../../src/wire/raw-arguments.ts";

const scan = (text: string | Uint8Array) => scanInvoke(Buffer.from(text));
const read = (text: string) => {
  const message = scan(text);
  return message && withReadArguments(message as JSONRPCMessage);
};
const line = (params: unknown, over: object = {}) =>
  JSON.stringify({ jsonrpc: "2.0", id: 7, method: "tools/call", params, ...over });
const call = (args: unknown, over: object = {}) => line({ name: "invoke", arguments: args, ...over });
const rawIn = (text: string) => (scan(text)?.params?.["arguments"] as JsonObject | undefined)?.["arguments"];

const json = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });
const args = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("a", "tool", "__proto__")), json, { maxKeys: 4 });
const tool = fc.oneof(fc.constantFrom("git/log", "files/read", "wörter/suche"), fc.string());
const inner = fc
  .tuple(
    tool.map((name) => ["tool", name] as const),
    args.map((given) => ["arguments", given] as const),
    fc.option(fc.constantFrom(["timeoutMs", 5] as const, ["args", {}] as const), { nil: ["tool", "git/log"] as const }),
  )
  .chain((members) => fc.shuffledSubarray(members))
  .map((members) => Object.fromEntries(members));
const params = fc
  .tuple(
    fc.constantFrom("invoke", "invoke", "invoke_readonly", "discover").map((name) => ["name", name] as const),
    inner.map((given) => ["arguments", given] as const),
    fc.dictionary(fc.string(), json, { maxKeys: 2 }).map((meta) => ["_meta", meta] as const),
  )
  .chain((members) => fc.shuffledSubarray(members, { minLength: 2 }))
  .map((members) => Object.fromEntries(members));
const messages = fc
  .tuple(
    fc.constant(["jsonrpc", "2.0"] as const),
    fc.oneof({ weight: 4, arbitrary: fc.nat() }, fc.maxSafeInteger(), fc.string()).map((id) => ["id", id] as const),
    fc.constantFrom("tools/call", "tools/call", "tools/call", "tools/list").map((method) => ["method", method] as const),
    params.map((given) => ["params", given] as const),
  )
  .chain((members) => fc.shuffledSubarray(members, { minLength: 4 }))
  .map((members) => JSON.stringify(Object.fromEntries(members)));

describe("a call of a server's tool", () => {
  test("keeps its arguments as they came, byte for byte", () => {
    const text = '{"jsonrpc":"2.0","id":12,"method":"tools/call","params":{"name":"invoke","arguments":';
    const given = '{ "n": 1.0,  "big": 12345678901234567890, "ä": "\\u0041\\ud800" }';
    const raw = rawIn(`${text}{"tool":"git/log","arguments":${given}}}}`);
    expect(raw).toBeInstanceOf(RawArguments);
    expect(Buffer.concat((raw as RawArguments).pieces).toString()).toBe(given);
    expect((raw as RawArguments).bytes).toBe(Buffer.byteLength(given));
  });

  test("is the message that the parser reads, wherever it is taken at all", () => {
    let taken = 0;
    fc.assert(
      fc.property(messages, (text) => {
        const message = read(text);
        if (!message) return;
        taken += 1;
        expect(parseMessage(Buffer.from(text))).toEqual({ kind: "request", message });
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(50);
  });

  test("is refused wherever the parser refuses it, whatever bytes are wrong", () => {
    const good = Buffer.from(
      call({ tool: "git/log", arguments: { path: "ä\n", list: [1, { b: null }] } }, { _meta: { a: "x" } }),
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.constantFrom("replace", "insert", "drop"), (at, byte, how) => {
        const rest = good.subarray(how === "insert" ? at : at + 1);
        const bad = Buffer.concat([good.subarray(0, at), how === "drop" ? Buffer.alloc(0) : Buffer.from([byte]), rest]);
        const scanned = scanInvoke(bad);
        const parsed = parseMessage(bad);
        if (!scanned) return;
        taken += 1;
        expect(parsed).toEqual({ kind: "request", message: withReadArguments(scanned as JSONRPCMessage) });
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(50); // within a string most bytes are right
  });

  test("without arguments has none", () => {
    expect(scan(call({ tool: "git/log" }))?.params).toEqual({ name: "invoke", arguments: { tool: "git/log" } });
  });

  test("of the same tool has the very same address again, and another tool another", () => {
    const toolIn = (name: string) => (scan(call({ tool: name }))?.params?.["arguments"] as JsonObject | undefined)?.["tool"];
    expect(["git/log", "git/log", "git/lob", "git/l", "git/log"].map(toolIn)).toEqual([
      "git/log",
      "git/log",
      "git/lob",
      "git/l",
      "git/log",
    ]);
  });

  test("brings its _meta, read", () => {
    const metaIn = (meta: JsonObject) => scan(call({ tool: "git/log" }, { _meta: meta }))?.params?.["_meta"];
    const long = { text: "x".repeat(5_000) };
    const metas = [{ progressToken: 3, n: 1 }, { progressToken: 3, n: 1 }, { progressToken: 4, n: 1 }, long, long, {}];
    expect(metas.map(metaIn)).toEqual(metas);
  });

  test("may be of a tool with a long name", () => {
    const tool = `a/${"b".repeat(5_000)}`;
    expect(scan(call({ tool }))?.params?.["arguments"]).toEqual({ tool });
  });
});

describe("is left to the parser", () => {
  test.each([
    ["another method", line({ name: "invoke", arguments: { tool: "a/b" } }, { method: "tools/list" })],
    ["another tool of ours", line({ name: "discover", arguments: { tool: "a/b" } })],
    ["a name that only begins like it", line({ name: "invoke_man", arguments: { tool: "a/b" } })],
    ["an id in words", line({ name: "invoke", arguments: { tool: "a/b" } }, { id: "7" })],
    ["an id below nothing", line({ name: "invoke", arguments: { tool: "a/b" } }, { id: -1 })],
    ["a broken number as id", call({ tool: "a/b" }).replace('"id":7', '"id":7.5')],
    ["an id with a zero before it", call({ tool: "a/b" }).replace('"id":7', '"id":07')],
    ["an id of too many digits", call({ tool: "a/b" }).replace('"id":7', '"id":1234567890123456')],
    ["no id", call({ tool: "a/b" }).replace('"id":7,', "")],
    ["no tool", call({ arguments: {} })],
    ["a tool that is no text", call({ tool: 5 })],
    ["a tool with an escape", call({ tool: "a/b" }).replace("a/b", "a\\/b")],
    ["arguments as text", call({ tool: "a/b", arguments: "{}" })],
    ["arguments that are a list", call({ tool: "a/b", arguments: [] })],
    ["another way to write arguments", call({ tool: "a/b", args: {} })],
    ["a deadline", call({ tool: "a/b", timeoutMs: 5 })],
    ["an unknown member of the params", call({ tool: "a/b" }, { task: {} })],
    ["_meta that is no object", call({ tool: "a/b" }, { _meta: 5 })],
    ["a key given twice", call({ tool: "a/b" }).replace('"tool":"a/b"', '"tool":"a/b","tool":"a/c"')],
    ["a key given twice within the arguments", call({ tool: "a/b", arguments: {} }).replace("{}}", '{"x":1,"x":2}}')],
    ["another version", call({ tool: "a/b" }).replace('"2.0"', '"1.0"')],
    ["something behind it", `${call({ tool: "a/b" })} 1`],
    ["a list around it", `[${call({ tool: "a/b" })}]`],
  ])("%s", (_what, text) => {
    expect(scan(call({ tool: "a/b" }))).toBeDefined();
    expect(scan(text)).toBeUndefined();
  });

  test("arguments that nest deeper than a message may", () => {
    const deep = (levels: number) =>
      call({ tool: "a/b", arguments: JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`) });
    expect([scan(deep(120)) !== undefined, scan(deep(130))]).toEqual([true, undefined]);
  });

  test("bytes that are no UTF-8", () => {
    const good = Buffer.from(call({ tool: "a/b", arguments: { x: "ä" } }));
    expect(scanInvoke(good)).toBeDefined();
    good[good.indexOf(0xc3)] = 0xff;
    expect(scanInvoke(good)).toBeUndefined();
  });
});

test("a message with nothing unread is passed as the same object", () => {
  const message = {
    jsonrpc: "2.0" as const,
    id: 1,
    method: "tools/call",
    params: { name: "invoke", arguments: { tool: "a/b" } },
  };
  expect(withReadArguments(message)).toBe(message);
});
