import { describe, expect, test } from "vitest";
import { neutralise } from "../../../src/model/neutralise-text.ts";
import { checkToolDefinition, checkToolList, MAX_TOOLS } from "../../../src/security/definition-limits.ts";
import { DEFINITION_BOUNDS } from "../../../src/security/definition-size.ts";

const tool = (fields: object = {}) => ({ name: "read_file", inputSchema: { type: "object" }, ...fields });
const withSchema = (inputSchema: unknown) => tool({ inputSchema });
const repeated = (times: number, wrap: (inner: object) => object, core: object = {}) =>
  Array.from({ length: times }).reduce<object>(wrap, core);
const properties = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, {}]));

const REFUSED: readonly (readonly [string, unknown, string])[] = [
  ["nothing", undefined, "The definition is missing, not an object"],
  ["null", null, "The definition is null, not an object"],
  ["a string", "read_file", "The definition is a string, not an object"],
  ["a number", 7, "The definition is a number, not an object"],
  ["a boolean", true, "The definition is a boolean, not an object"],
  ["an array", [tool()], "The definition is an array, not an object"],
  ["an empty object", {}, "The name is missing, not a string"],
  ["a null name", tool({ name: null }), "The name is null, not a string"],
  ["a numeric name", tool({ name: 7 }), "The name is a number, not a string"],
  ["a name in an array", tool({ name: ["a"] }), "The name is an array, not a string"],
  ["a name in an object", tool({ name: {} }), "The name is an object, not a string"],
  ["an empty name", tool({ name: "" }), "The name is empty"],
  ["a long name", tool({ name: "x".repeat(129) }), "The name has more than 128 characters"],
  ["a very long name", tool({ name: "x".repeat(1_000_000) }), "The name has more than 128 characters"],
  ...[
    " ",
    "read file",
    "read\tfile",
    "read\nfile",
    "read\0file",
    "\u001b[31mred",
    "a\u009bb",
    "read\u200bfile",
    "read\u202efile",
    "a\u{e0041}",
    "a\ufe0f",
    "\u3164",
    "a\u034fb",
    "\ud800",
    "a\u00a0b",
    "a\u2028b",
    'a"b',
    "<system>",
    "a,b",
    "a;rm",
    "$(id)",
    "`id`",
    "a\\b",
    "{a}",
    "a|b",
    "a*",
  ].map((name) => [`the name ${JSON.stringify(name)}`, tool({ name }), "The name has characters other than"] as const),
  ["a numeric description", tool({ description: 7 }), "The description is a number, not a string"],
  ["a description in parts", tool({ description: ["a"] }), "The description is an array, not a string"],
  ["a description by language", tool({ description: { en: "a" } }), "The description is an object, not a string"],
  ["a boolean title", tool({ title: false }), "The title is a boolean, not a string"],
  ["a schema as text", withSchema("{}"), "The inputSchema is a string, not an object"],
  ["a schema as number", withSchema(0), "The inputSchema is a number, not an object"],
  ["a schema as array", withSchema([]), "The inputSchema is an array, not an object"],
  ["a schema that admits nothing", withSchema(false), "The inputSchema admits no arguments at all"],
  ["a schema for strings", withSchema({ type: "string" }), 'The inputSchema has the type "string", not "object"'],
  ["a schema for arrays", withSchema({ type: ["array", "null"] }), 'The inputSchema has the type ["array","null"], not "object"'],
  ["a schema type that hides", withSchema({ type: "\u202eobject" }), 'type "\\u{202e}object"'],
  ["a numeric schema type", withSchema({ type: 1 }), 'The inputSchema has the type 1, not "object"'],
  ["33 levels of not", withSchema(repeated(32, (not) => ({ not }))), "its schemas are nested deeper than 32 levels"],
  [
    "33 levels of properties",
    withSchema(repeated(32, (inner) => ({ properties: { inner } }))),
    "its schemas are nested deeper than 32 levels",
  ],
  ["33 levels of allOf", withSchema(repeated(32, (inner) => ({ allOf: [inner] }))), "deeper than 32 levels"],
  ["33 levels of output", tool({ outputSchema: repeated(32, (items) => ({ items })) }), "deeper than 32 levels"],
  ["100,000 levels of schema", withSchema(repeated(100_000, (not) => ({ not }))), "deeper than 32 levels"],
  ["100,000 levels of default", withSchema({ default: repeated(100_000, (inner) => [inner]) }), "deeper than 128 levels"],
  ["100,000 levels of _meta", tool({ _meta: repeated(100_000, (a) => ({ a })) }), "deeper than 128 levels"],
  ["2,001 subschemas", withSchema({ properties: properties(2_000) }), "more than 2000 subschemas"],
  [
    "2,001 subschemas in two schemas",
    tool({ inputSchema: { $defs: properties(1_000) }, outputSchema: { anyOf: Object.values(properties(999)) } }),
    "more than 2000 subschemas",
  ],
  ["a huge enum", withSchema({ enum: Array.from({ length: 1_000_000 }, () => 0) }), "it is longer than 256 KiB"],
  ["a long input schema", withSchema({ description: "x".repeat(64 * 1_024) }), "its inputSchema is longer than 64 KiB"],
  ["a schema long in bytes only", withSchema({ description: "ü".repeat(33 * 1_024) }), "its inputSchema is longer than 64 KiB"],
  ["a long description", tool({ description: "x".repeat(256 * 1_024) }), "it is longer than 256 KiB"],
];

describe("a definition is refused", () => {
  test.each(REFUSED)("for %s", (_what, value, reason) => {
    const verdict = checkToolDefinition(value);
    expect(verdict).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  test("with a name that is safe to print", () => {
    expect(checkToolDefinition(tool({ name: "\u001b]0;x\u0007\ud800" }))).toMatchObject({ name: "\\u{1b}]0;x\\u{7}\\u{d800}" });
    expect(checkToolDefinition(tool({ name: "x".repeat(1_000) }))).toMatchObject({ name: "x".repeat(128) });
  });
});

const ACCEPTED: readonly (readonly [string, unknown])[] = [
  ["a plain tool", tool()],
  ["a name of 128 characters", tool({ name: "x".repeat(128) })],
  ["a name of 128 characters outside the first plane", tool({ name: "𠀀".repeat(128) })],
  ...["API-get-user", "fs.read", "github/create_issue", "ns:tool", "查询天气", "größe", "नमस्ते", "a", "7", "__proto__"].map(
    (name) => [`the name ${name}`, tool({ name })] as const,
  ),
  ["no schema", { name: "now" }],
  ["a null schema", withSchema(null)],
  ["a schema that admits anything", withSchema(true)],
  ["a schema without a type", withSchema({ properties: { path: { type: "string" } } })],
  ["a schema with several types", withSchema({ type: ["object", "null"] })],
  ["null in place of texts", tool({ title: null, description: null, annotations: null, outputSchema: null })],
  ["a description longer than we print", tool({ description: "x".repeat(20_000) })],
  ["an output schema that is no object", tool({ outputSchema: { type: "array" } })],
  ["an output schema longer than an input schema may be", tool({ outputSchema: { description: "x".repeat(100_000) } })],
  ["icons and fields nobody knows", tool({ icons: [{ src: 7 }], execution: {}, "x-vendor": [1], _meta: { a: 1 } })],
  ["annotations of another shape", tool({ annotations: [] })],
  ["an external reference, which nobody follows", withSchema({ $ref: "https://example.com/schema.json" })],
  ["a reference to itself", withSchema({ type: "object", properties: { next: { $ref: "#" } } })],
  ["a pattern that nobody runs", withSchema({ properties: { a: { pattern: "^(a+)+$" } } })],
  ["32 levels of schema", withSchema(repeated(31, (inner) => ({ properties: { inner } })))],
  ["2,000 subschemas", withSchema({ properties: properties(1_999) })],
  ["a property that is called properties", withSchema({ properties: { properties: { type: "object" }, default: {} } })],
  ["a long list of plain values", withSchema({ enum: Array.from({ length: 5_000 }, (_, index) => ({ a: index })) })],
];

describe("a definition is accepted", () => {
  test.each(ACCEPTED)("with %s", (_what, value) => {
    const verdict = checkToolDefinition(value);
    if (!verdict.ok) throw new Error(verdict.reason);
    expect(verdict.definition).toBe(value);
  });

  test("up to exactly 64 KiB of input schema", () => {
    const bytes = (length: number) => ({ a: "x".repeat(length - '{"a":""}'.length) });
    expect(checkToolDefinition(withSchema(bytes(DEFINITION_BOUNDS.schemaBytes))).ok).toBe(true);
    expect(checkToolDefinition(withSchema(bytes(DEFINITION_BOUNDS.schemaBytes + 1))).ok).toBe(false);
  });

  test("with keys that once set prototypes, and no prototype is touched", () => {
    const hostile: unknown = JSON.parse(
      '{"name":"a","__proto__":{"polluted":1},"inputSchema":{"properties":{"__proto__":{"type":"string"},"constructor":{}}}}',
    );
    expect(checkToolDefinition(hostile)).toMatchObject({ ok: true });
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});

describe("a list", () => {
  test("keeps its order and its definitions, and one bad tool does not cost the others", () => {
    const [first, second] = [tool({ name: "b" }), tool({ name: "a" })];
    const { accepted, quarantined } = checkToolList([first, null, tool({ name: "bad", description: 1 }), second]);
    expect(accepted).toEqual([first, second]);
    expect(accepted[0]).toBe(first);
    expect(quarantined).toEqual([
      { name: "tools[1]", reason: "The definition is null, not an object" },
      { name: "bad", reason: "The description is a number, not a string" },
    ]);
  });

  test("of every bad tool at once still gives the good one", () => {
    const { accepted, quarantined } = checkToolList([...REFUSED.map(([, value]) => value), tool()]);
    expect(accepted).toEqual([tool()]);
    expect(quarantined).toHaveLength(REFUSED.length);
    for (const { name, reason } of quarantined) {
      expect(neutralise(name + reason, { multiline: false })).toBe(name + reason);
    }
  });

  test("has one tool of each name: the first that can be used", () => {
    const [bad, first, second] = [tool({ description: 1 }), tool({ title: "first" }), tool({ title: "second" })];
    const { accepted, quarantined } = checkToolList([bad, first, second]);
    expect(accepted).toEqual([first]);
    expect(quarantined.map(({ reason }) => reason)).toEqual([
      "The description is a number, not a string",
      "An earlier tool in the list has the same name",
    ]);
  });

  test("ends after 512 accepted tools, and the rest is named", () => {
    const tools = Array.from({ length: MAX_TOOLS + 2 }, (_, index) => tool({ name: `t${index}` }));
    const { accepted, quarantined } = checkToolList(tools);
    expect(accepted).toHaveLength(512);
    expect(quarantined).toEqual([
      { name: "t512", reason: "The backend offers more than 512 tools" },
      { name: "t513", reason: "The backend offers more than 512 tools" },
    ]);
  });

  test("with refusals without end reports 512 of them and counts the others", () => {
    const { accepted, quarantined } = checkToolList([...Array.from({ length: 100_000 }, () => null), tool()]);
    expect(accepted).toHaveLength(1);
    expect(quarantined).toHaveLength(513);
    expect(quarantined.at(-1)).toMatchObject({ name: `${100_000 - 512} more` });
  });

  test("without tools is an empty list", () => {
    expect(checkToolList([])).toEqual({ accepted: [], quarantined: [] });
  });
});
