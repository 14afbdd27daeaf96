import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemsOf, read, snapshotOf } from "./reading.ts";

describe("a hostile registry", () => {
  test("of more than 1 MiB is refused", () => {
    const text = `{"mcpServers": {}} //${"x".repeat(2 ** 20)}`;
    expect(problemsOf(text)).toMatchObject([{ expected: "at most 1 MiB", found: `${text.length} bytes` }]);
  });

  test.each([
    ["lists", "["],
    ["objects", '{"a":'],
  ])("of %s nested without end is refused at the 65th level", (_, open) => {
    const column = 64 * open.length + 1;
    expect(problemsOf(open.repeat(100_000))).toMatchObject([{ line: 1, column, expected: "at most 64 levels of nesting" }]);
  });

  test("may hold brackets in strings and comments", () => {
    expect(problemsOf(`{"mcpServers": {"a": {"url": "http://x/${"[".repeat(100)}"}}} // ${"{".repeat(100)}`)).toEqual([]);
  });

  test("with thousands of unknown keys gets a hundred warnings and their number", () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `"k${index}": 1`).join();
    const problems = problemsOf(`{"mcpServers": {"a": {"url": "http://x", ${keys}}}}`);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)?.message).toBe("19900 more of severity warning not shown");
  });

  test("cannot change the prototype of anything", () => {
    const text = `{"__proto__": {"polluted": 1}, "mcpServers": {
      "__proto__": {"command": "x", "__proto__": {"polluted": 1}, "env": {"__proto__": "x", "A": "1"}},
      "constructor": {"command": "x", "tools": {"__proto__": {"readOnly": true}, "constructor": {"readOnly": true}}}}}`;
    const { backends } = snapshotOf(text);
    expect([...backends.keys()]).toEqual(["__proto__", "constructor"]);
    expect(backends.get("__proto__")?.options).toMatchObject({ command: "x", env: { A: "1" } });
    expect(backends.get("constructor")?.tools.overrides.get("constructor")).toEqual({ readOnly: true });
    expect({}).not.toHaveProperty("polluted");
  });

  test("gets an answer whatever its text is", () => {
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"',
      '"mcpServers"',
      '"a"',
      '"command"',
      '"tools"',
      "${",
      "null",
      "1",
      "//",
      "/*",
      "\\",
      "\n",
      "\0",
      "\uFEFF",
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary" })), { maxLength: 40 }), (parts) => {
        expect(["loaded", "refused"]).toContain(read(parts.join("")).kind);
      }),
      { numRuns: 500 },
    );
  });

  test("gets an answer whatever its entries hold, and every problem stands in the file", () => {
    const keys = [
      "command",
      "url",
      "container",
      "args",
      "env",
      "tools",
      "type",
      "transport",
      "trust",
      "tags",
      "envFile",
      "disabled",
    ];
    const entry = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), entry), (servers) => {
        const text = JSON.stringify({ mcpServers: servers }, undefined, 1);
        const lines = text.split("\n");
        for (const { line, column, message } of problemsOf(text)) {
          expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? -1) + 1);
          expect(message).not.toMatch(/\p{Cc}/u);
        }
      }),
      { numRuns: 500 },
    );
  });
});
