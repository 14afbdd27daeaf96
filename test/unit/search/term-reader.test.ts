import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Dictionary, type WordTerms } from "../../../src/search/dictionary.ts";
import { FIELDS, type SearchableTool } from "../../../src/search/searchable-tool.ts";
import { TermReader } from "../../../src/search/term-reader.ts";
import { serverFields, sourceOf, toolFields, type WordSource } from "../../../src/search/tool-fields.ts";
import { FIELD_WEIGHTS } from "../../../src/search/weights.ts";

const text = fc.oneof(
  fc.constantFrom(
    "",
    "The id.",
    "List open issues.\nOf a repository",
    "getMySQLTable aBcD PRs",
    "读取文件。日志",
    "ﷺ ① Café",
    "x".repeat(5000),
  ),
  fc
    .array(fc.constantFrom("file", "listIssues", "the", "kind. of", "読む", "v2"), { maxLength: 80 })
    .map((words) => words.join(" ")),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const parameter = fc.record({ type: fc.constant("string"), description: text });
const tool = fc.record({
  server: text,
  tool: text,
  serverTitle: text,
  serverDescription: text,
  tags: fc.array(text, { maxLength: 3 }),
  examples: fc.array(text, { maxLength: 3 }),
  definition: fc.record({
    title: text,
    description: text,
    inputSchema: fc.record({ properties: fc.dictionary(text, parameter, { maxKeys: 30 }) }),
  }),
});

const read = (tools: readonly SearchableTool[], source: WordSource<WordTerms>) =>
  tools.map((each) => toolFields(each, serverFields(each, source), source));

const fresh = (dictionary: Dictionary) => sourceOf((word) => dictionary.internWord(word));

describe("a reader of terms", () => {
  it("reads what it remembers as it would read it anew, and no word more", () => {
    const one = fc.array(tool, { minLength: 1, maxLength: 6 }).map((tools) => [...tools, ...tools]);
    fc.assert(
      fc.property(one, (tools) => {
        const known = new Dictionary();
        const anew = new Dictionary();
        expect(read(tools, new TermReader(known))).toEqual(read(tools, fresh(anew)));
        expect(known.texts).toEqual(anew.texts);
      }),
    );
  });

  it("keeps every field to its longest", () => {
    fc.assert(
      fc.property(tool, (each) => {
        const fields = toolFields(each, serverFields(each, fresh(new Dictionary())), fresh(new Dictionary()));
        for (const field of FIELDS) expect(fields[field].length).toBeLessThanOrEqual(FIELD_WEIGHTS[field].longest);
      }),
    );
  });

  it("reads a text once until it forgets", () => {
    const dictionary = new Dictionary();
    const reader = new TermReader(dictionary);
    const words = reader.words("list open issues", 8);
    const description = reader.description("Lists issues. All of them.");
    expect(reader.words("list open issues", 8)).toBe(words);
    expect(reader.description("Lists issues. All of them.")).toBe(description);
    reader.forget();
    expect(reader.words("list open issues", 8)).not.toBe(words);
    expect(reader.words("list open issues", 8)).toEqual(words);
    expect(reader.description("Lists issues. All of them.")).not.toBe(description);
  });
});
