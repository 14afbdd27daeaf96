import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { isJsonObject } from "../../../src/model/json.ts";
import { stringifyExactly } from "../../../src/wire/exact-json.ts";
import { caller, entry, type House, offer, openHouse, tool } from "../../support/open-house.ts";

const IMAGE = { type: "image", data: "AAAA", mimeType: "image/png" };
const LINES = Array.from({ length: 500 }, (_, at) => `line ${at} of the log`).join("\n");
const text = (content: string): JsonObject => ({ type: "text", text: content });

/** A house with one server that answers so; a result of it may show 100 tokens, which is 400 bytes. */
function openNotes(result: JsonObject, over: object = {}): House {
  const house = openHouse([entry("notes", { maxResultTokens: 100, ...over })]);
  offer(house.backend("notes"), [tool("read")], async () => result);
  return house;
}

const ask = (house: House, over: object = {}) => house.gateway.invoke({ tool: "notes/read", args: {}, ...over }, caller());

const textsOf = (result: JsonObject): readonly string[] =>
  (result["content"] as readonly JsonObject[]).map((block) => String(block["text"]));

function handleOf(result: JsonObject): string {
  const meta = isJsonObject(result["_meta"]) ? result["_meta"]["io.sallyport/result"] : undefined;
  return isJsonObject(meta) ? String(meta["handle"]) : "none";
}

describe("a result within its budget", () => {
  test.each<[string, JsonObject]>([
    ["text", { content: [text("x".repeat(400))], _meta: { own: 1 }, odd: true }],
    ["text and data together", { content: [text("x".repeat(100))], structuredContent: { a: "x".repeat(200) } }],
    ["images, whatever their size", { content: [{ ...IMAGE, data: "A".repeat(100_000) }] }],
    ["a question back", { resultType: "input_required", content: [text("x".repeat(1_000))] }],
    ["no content at all", { structuredContent: [1, 2] }],
  ])("of %s passes as it came", async (_what, result) => {
    await using house = openNotes(result);
    expect(await ask(house)).toBe(result);
  });

  test("is what the caller says it is", async () => {
    const result = { content: [text("x".repeat(700))] };
    await using house = openNotes(result);
    expect(await ask(house, { maxTokens: 175 })).toBe(result);
    expect(await ask(house, { maxTokens: Number.POSITIVE_INFINITY })).toBe(result);
    expect(handleOf(await ask(house))).toMatch(/^r_/);
  });
});

describe("a result over its budget", () => {
  test("shows its first page, cut at the end of a line, and a notice with the handle", async () => {
    await using house = openNotes({ content: [text(LINES)], isError: true, _meta: { own: 1 } });
    const result = await ask(house);
    const [head = "", notice] = textsOf(result);
    expect(LINES.startsWith(head) && head.endsWith("\n")).toBe(true);
    expect(head.length).toBeGreaterThan(300);
    expect(notice).toContain(`read_result {"handle": "${handleOf(result)}"}`);
    expect(result).toMatchObject({ isError: true, _meta: { own: 1 } });
  });

  test("gives all its text page by page", async () => {
    await using house = openNotes({ content: [text(LINES)] });
    const result = await ask(house);
    const handle = handleOf(result);
    const { pages } = house.gateway.readResult(handle, {});
    const all = Array.from({ length: pages }, (_, at) => house.gateway.readResult(handle, { page: at + 1 }).text);
    expect(all.join("")).toBe(LINES);
    expect(all[0]).toBe(textsOf(result)[0]);
    expect(() => house.gateway.readResult(handle, { page: pages + 1 })).toThrow(
      `page: expected a whole number from 1 to ${pages}`,
    );
  });

  test("is searched as a whole", async () => {
    await using house = openNotes({ content: [text(LINES)] });
    const part = house.gateway.readResult(handleOf(await ask(house)), { pattern: "LINE 477" });
    expect(part).toEqual({ text: "478: line 477 of the log", page: 1, pages: 1, places: { count: 1, more: false } });
  });

  test("keeps its images and their places; of several texts those on the first page stay", async () => {
    await using house = openNotes({ content: [text("first"), IMAGE, text(LINES), IMAGE, text("last")] });
    const result = await ask(house);
    expect(result["content"]).toMatchObject([text("first"), IMAGE, { type: "text" }, IMAGE, { type: "text" }]);
    expect(textsOf(result)[2]).toMatch(/^line 0 /);
    const { pages } = house.gateway.readResult(handleOf(result), {});
    expect(house.gateway.readResult(handleOf(result), { page: pages }).text).toMatch(/last$/);
  });

  test("cuts the text of an embedded file and leaves the rest of it alone", async () => {
    const resource = { uri: "file:///a", mimeType: "text/plain", text: LINES };
    await using house = openNotes({ content: [{ type: "resource", resource, annotations: { priority: 1 } }] });
    expect((await ask(house))["content"]).toMatchObject([
      { type: "resource", resource: { uri: "file:///a", text: expect.stringMatching(/^line 0 /) }, annotations: { priority: 1 } },
      { type: "text" },
    ]);
  });

  test("leaves structured content out that is too big by itself, and selects from it", async () => {
    const items = Array.from({ length: 200 }, (_, id) => ({ id, name: `item ${id}` }));
    await using house = openNotes({ content: [text(JSON.stringify({ items }))], structuredContent: { items } });
    const result = await ask(house);
    expect(result["structuredContent"]).toBeUndefined();
    expect(textsOf(result).at(-1)).toContain("without its structured content");
    expect(house.gateway.readResult(handleOf(result), { select: "/items/150" }).text).toBe('{"id":150,"name":"item 150"}');
    expect(house.gateway.readResult(handleOf(result), { select: "/items", pattern: "item 150" }).text).toContain("item 150");
  });

  test("shows the beginning of structured content that has no text beside it", async () => {
    const items = Array.from({ length: 200 }, (_, id) => id);
    await using house = openNotes({ structuredContent: { items } });
    expect(textsOf(await ask(house))[0]).toMatch(/^\{"items":\[0,1,2,/);
  });

  test("keeps small structured content beside long text", async () => {
    await using house = openNotes({ content: [text(LINES)], structuredContent: { lines: 500 } });
    const result = await ask(house);
    expect(result["structuredContent"]).toEqual({ lines: 500 });
    expect(Buffer.byteLength(JSON.stringify(result["structuredContent"]) + textsOf(result)[0])).toBeLessThanOrEqual(400);
  });

  test("selects from text that is JSON, and says so when it is none", async () => {
    await using house = openNotes({ content: [text(JSON.stringify({ log: LINES }))] });
    const { text: selected } = house.gateway.readResult(handleOf(await ask(house)), { select: "/log" });
    expect(selected).toMatch(/^line 0 of the log\n/);
    await using other = openNotes({ content: [text(LINES)] });
    const handle = handleOf(await ask(other));
    expect(() => other.gateway.readResult(handle, { select: "/log" })).toThrow("select: this result is text and not JSON");
  });

  test("selects numbers as they were written, and refuses JSON that gives a key twice", async () => {
    const padding = JSON.stringify(LINES);
    await using house = openNotes({ content: [text(`{"log":${padding},"id":12345678901234567890,"of":[1.10]}`)] });
    const handle = handleOf(await ask(house));
    const selected = (select: string) => house.gateway.readResult(handle, { select }).text;
    expect(selected("/of")).toBe("[1.10]");
    expect(stringifyExactly({ text: selected("/id") })).toBe('{"text":"12345678901234567890"}');
    await using other = openNotes({ content: [text(`{"log":${padding},"log":1}`)] });
    const twice = handleOf(await ask(other));
    expect(() => other.gateway.readResult(twice, { select: "/log" })).toThrow('select: Key "log" stands twice in one object');
  });

  test("shares the room of one message with its siblings", async () => {
    await using house = openNotes({ content: [text(LINES)] }, { maxResultTokens: 1_000 });
    const calls = Array.from({ length: 5 }, () => ({ tool: "notes/read", args: {} }));
    const shown = (await house.gateway.invokeMany(calls, caller())).flatMap((one) =>
      "result" in one ? textsOf(one.result)[0] : [],
    );
    expect(shown).toHaveLength(5);
    expect(Buffer.byteLength(shown.join(""))).toBeLessThanOrEqual(4_000);
  });

  test("is cached whole, and cut for every caller by itself", async () => {
    const house = openHouse([entry("notes", { maxResultTokens: 100, trustAnnotations: true, cacheTtlMs: 60_000 })]);
    await using _house = house;
    const result = { content: [text(LINES)] };
    offer(house.backend("notes"), [tool("read", { annotations: { readOnlyHint: true } })], async () => result);
    await house.gateway.manage("start", "notes", caller());
    expect(handleOf(await ask(house))).toMatch(/^r_/);
    expect(await ask(house, { maxTokens: 100_000 })).toBe(result);
    expect(house.calls().at(-1)).toMatchObject({ cache: "hit" });
  });
});

test("an image that one message cannot hold is left out with a word about it, the others stay", async () => {
  const huge = { ...IMAGE, data: "A".repeat(7 * 2 ** 20) };
  await using house = openNotes({ content: [IMAGE, huge, IMAGE] });
  expect((await ask(house))["content"]).toEqual([IMAGE, text("[image of 7.0 MiB left out: too big for one message]"), IMAGE]);
});

test("a result that is too big to be kept says so", async () => {
  await using house = openNotes({ content: [text("x".repeat(33 * 2 ** 20))] });
  expect(textsOf(await ask(house)).at(-1)).toContain("too much to keep: ask the tool for less");
});
