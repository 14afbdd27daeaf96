import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asPromise } from "../../../../src/gateway/call-endings.ts";
import { shapeResult } from "../../../../src/gateway/filters/shape-result.ts";
import type { CallContext, ToolAnswer, ToolResult } from "../../../../src/model/call.ts";
import { RawResult, readRaw } from "../../../../src/model/raw-result.ts";
import { ResultStore } from "../../../../src/results/result-store.ts";
import { scanAnswer } from "../../../../src/wire/scan-answer.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { callOf, contextOf, handlerOf, OneServer, through } from "./one-call.ts";

const MIB = 2 ** 20;
const textOf = (length: number, letter = "x") => ({ type: "text", text: letter.repeat(length) });
const imageOf = (length: number) => ({ type: "image", mimeType: "image/png", data: "A".repeat(length) });

/** Shows a result of a server whose entry lets a model see 1,000 tokens at once. */
async function shown(result: ToolAnswer, over: Partial<CallContext> = {}, server = new OneServer({ maxResultTokens: 1_000 })) {
  const store = new ResultStore(new ManualClock());
  const ending = await through(shapeResult(server.router, store), async () => result, callOf(), contextOf(over));
  const told = readRaw(ending as ToolAnswer);
  return { told, store, content: told["content"] as readonly { readonly type: string; readonly text?: string }[] };
}

function rawOf(result: ToolResult): RawResult {
  const found = scanAnswer(Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result })))?.result;
  if (!found) throw new Error("Expected a result that can stay unread");
  return found;
}

const notice = (content: readonly { readonly text?: string }[]) => content.at(-1)?.text;

describe("shapeResult", () => {
  test("passes on what fits, as it came", async () => {
    const result = { content: [textOf(4_000)], _meta: { a: 1 } };
    expect((await shown(result)).told).toBe(result);
  });

  test("passes on unread what fits, and reads what may not", async () => {
    const raw = (length: number) => rawOf({ content: [textOf(length)], isError: true });
    const filter = shapeResult(new OneServer({ maxResultTokens: 1_000 }).router, new ResultStore(new ManualClock()));
    const fits = raw(3_990);
    expect(await asPromise(filter(handlerOf(async () => fits)), callOf(), contextOf())).toBe(fits);
    expect(readRaw(await asPromise(filter(handlerOf(async () => raw(9_000))), callOf(), contextOf()))).toMatchObject({
      isError: true,
      content: [{ text: "x".repeat(4_000) }, { type: "text" }],
    });
    expect(
      await asPromise(filter(handlerOf(async () => raw(9_000))), callOf(), contextOf({ maxTokens: Number.POSITIVE_INFINITY })),
    ).toBeInstanceOf(RawResult);
  });

  test("cuts a result that was not read just as one that was", async () => {
    const text = fc.oneof(fc.string({ unit: "grapheme", maxLength: 3_000 }), fc.constant("one line of text.\n".repeat(150)));
    const block = fc.oneof(fc.record({ type: fc.constant("text"), text }), fc.constant(imageOf(400)));
    const result = fc.record(
      { content: fc.array(block, { maxLength: 4 }), structuredContent: fc.record({ text }), isError: fc.boolean() },
      { requiredKeys: ["content"] },
    );
    let cut = 0;
    await fc.assert(
      fc.asyncProperty(result, async (value) => {
        const over = { maxTokens: 300 };
        const [read, unread] = [await shown(value, over), await shown(rawOf(value), over)];
        const handleOf = ({ told }: typeof read) => JSON.stringify(told).match(/r_[\w-]{12}/)?.[0] ?? "";
        const [handle, other] = [handleOf(read), handleOf(unread)];
        if (handle === "") {
          expect([read.told, unread.told]).toEqual([value, value]);
          return;
        }
        cut += 1;
        expect(JSON.parse(JSON.stringify(unread.told).replaceAll(other, handle))).toEqual(read.told);
        const stored = unread.store.get(other);
        expect(stored.text.toString()).toBe(read.store.get(handle).text.toString());
        expect(JSON.parse(stored.structured?.toString() ?? "null")).toEqual(value.structuredContent ?? null);
      }),
    );
    expect(cut).toBeGreaterThan(10);
  });

  test("the same result again, read or not, has the same handle and pushes no other out", async () => {
    const store = new ResultStore(new ManualClock());
    const filter = shapeResult(new OneServer({ maxResultTokens: 1_000 }).router, store);
    const cut = async (answer: ToolAnswer) => {
      const told = await asPromise(filter(handlerOf(async () => answer)), callOf(), contextOf());
      return JSON.stringify(told).match(/r_[\w-]{12}/)?.[0] ?? "none";
    };
    const other = await cut({ content: [textOf(9_000, "y")] });
    const again: ToolResult = { content: [textOf(5 * MIB)], structuredContent: { rows: "z".repeat(MIB) } };
    const handles = new Set<string>();
    for (let time = 0; time < 4; time += 1) for (const answer of [again, rawOf(again)]) handles.add(await cut(answer));
    expect(handles.size).toBe(1);
    expect(store.get(other).text.length).toBe(9_000);
  });

  test("cuts what does not fit, keeps the whole under a handle and says how to read the rest", async () => {
    const { told, store, content } = await shown({ content: [textOf(4_001)], _meta: { a: 1 } });
    const { handle, pages } = (told["_meta"] as { "io.sallyport/result": { handle: string; pages: number } })[
      "io.sallyport/result"
    ];
    expect(told["_meta"]).toEqual({ a: 1, "io.sallyport/result": { handle, pages: 2 } });
    expect(store.get(handle).text).toHaveLength(4_001);
    expect(pages).toBe(2);
    expect(notice(content)).toBe(
      `[Page 1 of 2. For the rest call read_result {"handle": "${handle}"} with page, pattern (text to find) or select (JSON Pointer) within 15 minutes]`,
    );
    expect(content).toHaveLength(2);
  });

  test.each<{ what: string; over: Partial<CallContext>; result?: ToolResult }>([
    { what: "a caller that wants all of it", over: { maxTokens: Number.POSITIVE_INFINITY } },
    {
      what: "a question to the host",
      over: {},
      result: { resultType: "input_required", content: [textOf(9_000)] },
    },
  ])("cuts nothing for $what", async ({ over, result = { content: [textOf(9_000), imageOf(7 * MIB)] } }) => {
    expect((await shown(result, over)).told).toBe(result);
  });

  test.each<{ what: string; over: Partial<CallContext>; fits: number }>([
    { what: "the entry's tokens", over: {}, fits: 4_000 },
    { what: "the tokens the caller wants", over: { maxTokens: 500 }, fits: 2_000 },
    { what: "its share of them, where several results go out together", over: { maxTokens: 500, siblings: 4 }, fits: 500 },
    { what: "100 tokens at least", over: { maxTokens: 1, siblings: 4 }, fits: 400 },
  ])("shows $what", async ({ over, fits }) => {
    const whole = { content: [textOf(fits)] };
    expect((await shown(whole, over)).told).toBe(whole);
    expect((await shown({ content: [textOf(fits + 1)] }, over)).told).toHaveProperty("_meta");
  });

  test("shows as much as may be of a server that has left the registry meanwhile", async () => {
    const server = new OneServer({ maxResultTokens: 1_000 });
    server.runner = undefined;
    const whole = { content: [textOf(1_000_000)] };
    expect((await shown(whole, {}, server)).told).toBe(whole);
  });

  test("images of results that go out together share the room for images", async () => {
    const whole = { content: [imageOf(4 * MIB)] };
    expect((await shown(whole)).told).toBe(whole);
    const { told, content } = await shown(whole, { siblings: 2 });
    expect(content[0]?.type).toBe("text");
    expect(told).not.toHaveProperty("_meta");
  });

  test("where only an image is left out, everything else stays as it is", async () => {
    const { told } = await shown({ content: [imageOf(7 * MIB)], structuredContent: { a: 1 }, _meta: { b: 2 }, more: 3 });
    expect(told).toMatchObject({ structuredContent: { a: 1 }, _meta: { b: 2 }, more: 3 });
    const { told: plain } = await shown({ content: [imageOf(7 * MIB)] });
    expect(Object.keys(plain)).toEqual(["content"]);
  });

  test("structured content that takes no more than half stays, and the text is cut", async () => {
    const { told, content } = await shown({ content: [textOf(9_000)], structuredContent: { a: "short" } });
    expect(told["structuredContent"]).toEqual({ a: "short" });
    expect(notice(content)).not.toContain("structured");
  });

  test("structured content that takes more than half is left out, and that is said", async () => {
    const { told, content } = await shown({ content: [textOf(9_000)], structuredContent: { a: "x".repeat(9_000) } });
    expect(told).not.toHaveProperty("structuredContent");
    expect(notice(content)).toMatch(/^\[Page 1 of \d+, without its structured content\. For the rest/);
  });

  test("what is too much to keep is said to be so", async () => {
    const { told, content } = await shown({ content: [textOf(33 * MIB)] });
    expect(notice(content)).toMatch(/^\[Page 1 of \d+\. The rest is too much to keep: ask the tool for less\]$/);
    expect(told["_meta"]).toMatchObject({ "io.sallyport/result": { handle: undefined } });
  });
});
