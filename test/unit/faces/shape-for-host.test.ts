import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shapeForHost } from "../../../src/faces/mcp/shape-for-host.ts";

const ERAS = ["legacy", "modern"] as const;
const PNG = "iVBORw0KGgo=";
const extra = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 });
const base64 = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString("base64"));
/** Blocks of every kind the protocol knows, with fields nobody knows among them. */
const knownBlock = fc.oneof(
  fc.record({ text: fc.string() }).map((block) => ({ type: "text", ...block })),
  fc.record({ type: fc.constantFrom("image", "audio"), data: base64, mimeType: fc.string() }).map((block) => ({ ...block })),
  fc.record({ uri: fc.string(), text: fc.string() }).map((resource) => ({ type: "resource", resource })),
  fc.record({ uri: fc.string(), blob: base64 }).map((resource) => ({ type: "resource", resource })),
  fc.record({ uri: fc.string(), name: fc.string() }).map((link) => ({ type: "resource_link", ...link })),
);
const block = fc.tuple(extra, knownBlock).map(([more, known]) => ({ ...more, ...known }));

describe.each(ERAS)("for a host of the %s era", (era) => {
  test("an answer of known blocks is the very same object, whatever else is in it", () => {
    const structured = fc.option(extra, { nil: undefined });
    fc.assert(
      fc.property(fc.array(block), extra, structured, (content, more, structuredContent) => {
        const result = { ...more, content, ...(structuredContent && { structuredContent }) };
        delete (result as Record<string, unknown>)["structuredContent"];
        const whole = structuredContent ? { ...result, structuredContent } : result;
        expect(shapeForHost(whole, era)).toBe(whole);
      }),
    );
  });

  test("known blocks stay untouched beside ones that are not", () => {
    fc.assert(
      fc.property(fc.array(block), fc.jsonValue(), (content, foreign) => {
        const shaped = shapeForHost({ content: [...content, { type: "hologram", foreign }] }, era);
        expect(shaped["content"]).toEqual([...content, { type: "text", text: JSON.stringify({ type: "hologram", foreign }) }]);
      }),
    );
  });

  test.each<[string, unknown]>([
    ["a block of a kind nobody knows", { type: "hologram" }],
    ["a block without a kind", { text: "hi" }],
    ["something that is no block", "hi"],
    ["nothing", null],
    ["a text block without text", { type: "text", text: 7 }],
    ["an image whose data is no base64", { type: "image", data: "not base64!", mimeType: "image/png" }],
    ["an image whose data is cut", { type: "image", data: "AAA", mimeType: "image/png" }],
    ["an image with padding in the middle", { type: "image", data: "A==A", mimeType: "image/png" }],
    ["an image without a type", { type: "image", data: PNG }],
    ["a resource that is none", { type: "resource", resource: null }],
    ["a resource whose blob is no base64", { type: "resource", resource: { uri: "a:b", blob: "?" } }],
  ])("%s becomes text, so that the host takes the rest", (_what, odd) => {
    expect(shapeForHost({ content: [odd, { type: "text", text: "rest" }] }, era)).toEqual({
      content: [
        { type: "text", text: JSON.stringify(odd) },
        { type: "text", text: "rest" },
      ],
    });
  });

  test.each([{}, { content: null }, { content: "text" }])("an answer without a list of blocks gets an empty one", (result) => {
    expect(shapeForHost({ ...result, isError: true }, era)).toEqual({ isError: true, content: [] });
  });

  test("megabytes of bad base64 are judged without delay", () => {
    const data = `${"A".repeat(4 * 2 ** 20 - 4)}AA!=`;
    const shaped = shapeForHost({ content: [{ type: "image", data, mimeType: "image/png" }] }, era);
    expect(shaped["content"]).toMatchObject([{ type: "text" }]);
  });
});

test.each([[[1, 2]], ["text"], [7], [null], [true]])(
  "structured content %j, which is no object, is wrapped for legacy hosts and left alone for modern ones",
  (structuredContent) => {
    const result = { content: [], structuredContent };
    expect(shapeForHost(result, "legacy")).toEqual({ content: [], structuredContent: { result: structuredContent } });
    expect(shapeForHost(result, "modern")).toBe(result);
  },
);
