import { describe, expect, test } from "vitest";
import { problemsOf, unmark } from "./reading.ts";

/** [what, text with ▸ where the problem stands, its path, expected, found] */
type Row = readonly [string, string, string, string, string];

const VALUE = "a string, a number, true, false, null, an object or a list";

const SYNTAX: readonly Row[] = [
  ["an empty file", "▸", "", "an object", "nothing"],
  ["a file of blanks", "▸ \n\t ", "", "an object", "nothing"],
  ["a byte order mark alone", "▸\uFEFF", "", "an object", "nothing"],
  ["a comment alone", "// nothing here▸", "", "a value", "the end of the file"],
  ["an unclosed comment", "▸/* {}", "", '"*/"', "the end of the file"],
  ["a comment that begins at the end", '{"mcpServers": {}}▸/*', "", '"*/"', "the end of the file"],
  ["an unclosed object", '{\n  "mcpServers": {▸', "", '"}"', "the end of the file"],
  ["an unclosed list", '{"mcpServers": {"a": {"command": "x", "args": ["y"▸', "", '"]"', "the end of the file"],
  ["an unclosed string", '{\n  "mcpServers": ▸"abc\n}', "", "a closing double quote", "the end of the line"],
  ["half a file", '{"mcpServers": {"a": {▸"comma', "", "a closing double quote", "the end of the line"],
  ["a missing comma", '{"version": 1 ▸"mcpServers": {}}', "", '","', "a string"],
  ["a missing colon", '{"mcpServers" ▸{}}', "", '":"', '"{"'],
  ["a missing value", '{"mcpServers": ▸}', "", "a value", '"}"'],
  ["two commas", '{"version": 1,▸, "mcpServers": {}}', "", "a key in double quotes", '","'],
  ["a bracket of the wrong kind", '{"mcpServers": {}▸]', "", '","', '"]"'],
  ["a key without quotes", "{▸mcpServers: {}}", "", VALUE, "a word without quotes"],
  ["a key in single quotes", "{▸'mcpServers': {}}", "", VALUE, "a single quote"],
  ["a value without quotes", '{"mcpServers": ▸abc}', "", VALUE, "a word without quotes"],
  ["True as Python writes it", '{"mcpServers": {"a": {"url": "http://x", "warm": ▸True}}}', "", VALUE, "a word without quotes"],
  ["a number with a leading zero", '{"version": 0▸1}', "", '","', "a number"],
  ["a merge conflict", '▸<<<<<<< HEAD\n{"mcpServers": {}}', "", VALUE, "a word without quotes"],
  ["a second document", '{"mcpServers": {}}\n▸{"mcpServers": {}}', "", "the end of the file", '"{"'],
  [
    "a Windows path",
    String.raw`{"mcpServers": {"a": {"command": ▸"C:\program"}}}`,
    "",
    "an escape such as \\n",
    "an unknown one",
  ],
  [
    "a short unicode escape",
    String.raw`{"mcpServers": {"a": {"command": ▸"\u12"}}}`,
    "",
    "four hex digits after \\u",
    "something else",
  ],
  [
    "a tab in a string",
    '{"mcpServers": {"a": {"command": ▸"a\tb"}}}',
    "",
    "visible characters in a string",
    "a control character",
  ],
];

const TOP: readonly Row[] = [
  ["a list", "▸[]", "", "an object", "a list"],
  ["a string", '▸"mcpServers"', "", "an object", "a string"],
  ["a number", "▸1", "", "an object", "a number"],
  ["null", "▸null", "", "an object", "null"],
  ["an empty object", "▸{}", "", '"mcpServers"', "an empty object"],
  ["another client's top key", '▸{"context_servers": {}}', "", '"mcpServers"', "other keys"],
  ["both keys for servers", '{"mcpServers": {}, ▸"servers": {}}', "servers", "one of the two", "both"],
  ["a list of servers", '{"mcpServers": ▸[]}', "mcpServers", "an object", "a list"],
  ["null for servers", '{"servers": ▸null}', "servers", "an object", "null"],
  ["a later version", '{"version": ▸2, "mcpServers": {}}', "version", "1", "2"],
  ["a version in quotes", '{"version": ▸"1", "mcpServers": {}}', "version", "1", '"1"'],
  ["a number for $schema", '{"$schema": ▸5, "mcpServers": {}}', "$schema", "a string", "a number"],
  ["a list of defaults", '{"defaults": ▸[], "mcpServers": {}}', "defaults", "an object", "a list"],
  [
    "a default in quotes",
    '{"defaults": {"callTimeoutMs": ▸"5"}, "mcpServers": {}}',
    "defaults.callTimeoutMs",
    "a number",
    "a string",
  ],
  [
    "a default of no time",
    '{"defaults": {"startTimeoutMs": ▸0}, "mcpServers": {}}',
    "defaults.startTimeoutMs",
    "at least 1",
    "0",
  ],
  ["half a millisecond", '{"defaults": {"idleStopMs": ▸0.5}, "mcpServers": {}}', "defaults.idleStopMs", "a whole number", "0.5"],
  ["a negative drain", '{"defaults": {"drainMs": ▸-1}, "mcpServers": {}}', "defaults.drainMs", "at least 0", "-1"],
  [
    "a time no timer can wait",
    '{"defaults": {"drainMs": ▸9999999999}, "mcpServers": {}}',
    "defaults.drainMs",
    "at most 2147483647",
    "9999999999",
  ],
  ["inputs as an object", '{"inputs": ▸{}, "mcpServers": {}}', "inputs", "a list", "an object"],
  ["an input without id", '{"inputs": [▸{}], "mcpServers": {}}', "inputs[0].id", "a string", "nothing"],
  [
    "an input of unknown type",
    '{"inputs": [{"id": "a", "type": ▸"ask"}], "mcpServers": {}}',
    "inputs[0].type",
    '"promptString", "pickString" or "command"',
    '"ask"',
  ],
  [
    "two inputs of one id",
    '{"inputs": [{"id": "a"}, {"id": ▸"a"}], "mcpServers": {}}',
    "inputs[1].id",
    "an id of its own",
    "the id of inputs[0]",
  ],
];

const NAME = "a name of 1 to 64 letters, digits, dots, dashes and underscores";

const IDS: readonly Row[] = [
  ["a slash in a name", '{"mcpServers": {▸"a/b": {"url": "http://x"}}}', 'mcpServers["a/b"]', NAME, '"a/b"'],
  ["a blank in a name", '{"mcpServers": {▸"My Files": {"url": "http://x"}}}', 'mcpServers["My Files"]', NAME, '"My Files"'],
  ["an empty name", '{"mcpServers": {▸"": {"url": "http://x"}}}', 'mcpServers[""]', NAME, "an empty name"],
  ["a Cyrillic letter in a name", '{"mcpServers": {▸"gіt": {"url": "http://x"}}}', 'mcpServers["gіt"]', NAME, '"gіt"'],
  [
    "an escape sequence in a name",
    '{"mcpServers": {▸"\\u001b[2J": {"url": "http://x"}}}',
    'mcpServers["\\u{1b}[2J"]',
    NAME,
    '"\\u{1b}[2J"',
  ],
  [
    "a text that runs backwards",
    '{"mcpServers": {▸"\\u202Etig": {"url": "http://x"}}}',
    'mcpServers["\\u{202e}tig"]',
    NAME,
    '"\\u{202e}tig"',
  ],
  [
    "a name of 65 letters",
    `{"mcpServers": {▸"${"n".repeat(65)}": {"url": "http://x"}}}`,
    `mcpServers.${"n".repeat(65)}`,
    NAME,
    "65 characters",
  ],
  [
    "two servers of one name",
    '{"mcpServers": {\n"a": {"url": "http://x"},\n▸"a": {"url": "http://y"}}}',
    "mcpServers.a",
    "one",
    "first on line 2, again on line 3",
  ],
  [
    "two keys of one name deep inside",
    '{"mcpServers": {"a": {"url": "http://x",\n"headers": {"A": "1",\n▸"A": "2"}}}}',
    "mcpServers.a.headers.A",
    "one",
    "first on line 2, again on line 3",
  ],
  ["two top keys of one name", '{"mcpServers": {}, ▸"mcpServers": {}}', "mcpServers", "one", "first on line 1, again on line 1"],
];

describe.each([
  ["the text", SYNTAX],
  ["the top", TOP],
  ["the names", IDS],
])("%s of a bad registry", (_, rows) => {
  test.each(rows)("%s is refused where it stands", (_what, marked, path, expected, found) => {
    const { text, places } = unmark(marked);
    const errors = problemsOf(text).filter(({ severity }) => severity === "error");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ path, expected, found, ...places[0] });
    expect(errors[0]?.message.endsWith(".")).toBe(false);
  });
});

test("syntax errors on several lines are told at once", () => {
  const { text, places } = unmark('{\n  "mcpServers": {\n    ▸a: 1,\n    "b" ▸2\n  }\n}');
  expect(problemsOf(text)).toMatchObject(places);
});

test("every problem of a file is told at once, in the order of the file", () => {
  const marked = `{
    "version": ▸3,
    ▸"tabs": true,
    "mcpServers": {
      "a": { "command": ▸5, "warm": ▸"no", ▸"arg": [] },
      ▸"b c": { "url": "http://x", "tools": { "allow": ▸"x" } },
      "d": ▸{ }
    }
  }`;
  const { text, places } = unmark(marked);
  expect(problemsOf(text).map(({ line, column }) => ({ line, column }))).toEqual(places);
});

test("a wrong name brings a name that would do", () => {
  expect(problemsOf('{"mcpServers": {"My Files!": {"url": "http://x"}}}')[0]?.hint).toBe('Call it "My-Files"');
});

test("a misspelt top key brings the right one", () => {
  expect(problemsOf('{"mcpservers": {}}')[0]?.hint).toBe('Did you mean "mcpServers"?');
});

test.each([
  ["case", "Git", "git"],
  ["separators", "my-db", "my_db"],
  ["l and 1", "sql", "sq1"],
  ["capital i and l", "Iog", "log"],
  ["0 and o", "foo", "f0o"],
])("names that differ only in %s are warned about", (_, first, second) => {
  const { text, places } = unmark(`{"mcpServers": {"${first}": {"url": "http://x"}, ▸"${second}": {"url": "http://y"}}}`);
  expect(problemsOf(text)).toMatchObject([{ severity: "warning", path: `mcpServers.${second}`, ...places[0] }]);
});
