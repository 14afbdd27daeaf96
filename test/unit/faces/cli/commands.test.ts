import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../../../../src/faces/cli/commands/call.ts";
import { info } from "../../../../src/faces/cli/commands/info.ts";
import { list } from "../../../../src/faces/cli/commands/list.ts";
import { search } from "../../../../src/faces/cli/commands/search.ts";
import { status } from "../../../../src/faces/cli/commands/status.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import { entry, type House, offer, openHouse, tool } from "../../../support/open-house.ts";
import { runIn } from "./running.ts";

const MIXED = tool("mixed", {
  inputSchema: {
    type: "object",
    properties: {
      text: { type: "string" },
      count: { type: "integer" },
      on: { type: "boolean" },
      list: { type: "array" },
      any: {},
    },
  },
});

let house: House;

beforeAll(() => {
  house = openHouse([entry("notes", { description: "Keeps notes" }), entry("off", { enabled: false })]);
  offer(house.backend("notes"), [MIXED, tool("parts"), tool("fails")], async ({ name, arguments: args }) => {
    if (name === "mixed") return { content: [{ type: "text", text: JSON.stringify(args) }] };
    if (name === "fails") return { content: [{ type: "text", text: "It did not work" }], isError: true };
    return {
      content: [
        { type: "image", data: "AAAA", mimeType: "image/png" },
        { type: "resource_link", uri: "a:b", name: "b" },
      ],
    };
  });
});
afterAll(() => house[Symbol.asyncDispose]());

const callMixed = async (pairs: readonly string[], json?: string): Promise<JsonObject> =>
  JSON.parse((await runIn(house, (context) => call(context, "notes/mixed", pairs, json))).out);

describe("call reads", () => {
  test.each<[string, readonly string[], JsonObject]>([
    ["text as text, whatever it looks like", ["text=5"], { text: "5" }],
    ["everything behind the first equals sign", ["text=a=b=c"], { text: "a=b=c" }],
    ["nothing as empty text", ["text="], { text: "" }],
    ["numbers, truth values and lists as JSON", ["count=2", "on=true", 'list=["a",1]'], { count: 2, on: true, list: ["a", 1] }],
    ["what should be JSON and is not as text, for the server to refuse", ["count=two"], { count: "two" }],
    ["a property of any type as JSON where it can", ["any=null"], { any: null }],
    ["a property the schema does not name as text", ["surprise=7"], { surprise: "7" }],
    ["a property by the name of a trap", ["__proto__=x"], JSON.parse('{"__proto__":"x"}')],
  ])("%s", async (_what, pairs, args) => {
    expect(JSON.stringify(await callMixed(pairs))).toBe(JSON.stringify(args));
  });

  test("a JSON object, over which pairs win", async () => {
    expect(await callMixed(["text=pair"], '{"text": "json", "count": 1}')).toEqual({ text: "pair", count: 1 });
  });

  test.each(["[1]", "7", "null", "{", ""])("no %j in the place of a JSON object", async (json) => {
    await expect(callMixed([], json)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("--args: expected"),
    });
  });

  test.each(["text", "=a"])("no %j in the place of a pair", async (pair) => {
    await expect(callMixed([pair])).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("expected key=value"),
    });
  });
});

describe("call prints", () => {
  test("what is no text as one line of JSON each, without the bulk", async () => {
    expect(await runIn(house, (context) => call(context, "notes/parts", [], undefined))).toEqual({
      code: 0,
      out: '{"type":"image","data":"4 characters of base64","mimeType":"image/png"}\n{"type":"resource_link","uri":"a:b","name":"b"}\n',
      err: "",
    });
  });

  test("what a tool that fails has said, and tells the shell", async () => {
    const run = (context: Parameters<typeof call>[0]) => call(context, "notes/fails", [], undefined);
    expect(await runIn(house, run)).toEqual({ code: 5, out: "It did not work\n", err: "" });
    const { code, out } = await runIn(house, run, { json: true });
    expect([code, JSON.parse(out)]).toEqual([5, { content: [{ type: "text", text: "It did not work" }], isError: true }]);
  });
});

test("list lines up its columns and says what keeps a server from starting", async () => {
  const { out } = await runIn(house, list);
  expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["SERVER", "STATE", "TRANSPORT", "TOOLS", "DESCRIPTION"],
    ["notes", expect.stringMatching(/running|stopped/), "stdio", "3", "Keeps notes"],
    ["off", "disabled", "stdio", "?"],
    [""],
  ]);
});

test("search prints hits to stdout and what is missing to stderr", async () => {
  expect((await runIn(house, (context) => search(context, ["mixed"], undefined))).out).toContain(
    "notes/mixed(text?: string, count?: integer, on?: boolean, list?: any[], any?: any)\n    Does mixed\n",
  );
  const nothing = await runIn(house, (context) => search(context, ["zebra"], { server: "off" }));
  expect(nothing).toMatchObject({ code: 0, out: "" });
  expect(nothing.err).toBe(
    'Nothing found: say it in other words, or see sallyport list\nThe tools of "off" are not known: Server "off" is switched off in the registry\n',
  );
});

test("info of a tool prints its definition, and throws for one that does not exist", async () => {
  expect(JSON.parse((await runIn(house, (context) => info(context, "notes/mixed"))).out)).toMatchObject({ definition: MIXED });
  await expect(runIn(house, (context) => info(context, "notes/mixd"))).rejects.toMatchObject({ code: "not_found" });
  await expect(runIn(house, (context) => info(context, "node"))).rejects.toMatchObject({ code: "not_found" });
});

test("status counts what is known", async () => {
  expect((await runIn(house, status)).out).toBe(
    "Sallyport 0.0.0\nRegistry /registry.json: ok, 1 servers\n3 tools of 1 servers are known\n",
  );
});
