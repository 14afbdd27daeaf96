// biome-ignore-all lint/suspicious/noTemplateCurlyInString: text as it stands in a dotenv file
import { expect, test } from "vitest";
import { parseDotenv } from "../../../src/registry/parse-dotenv.ts";

test.each([
  ["plain", "A=1", "1"],
  ["with blanks around it", "  A  =  1 2  ", "1 2"],
  ["exported", "export A=1", "1"],
  ["empty", "A=", ""],
  ["a comment alone", "A= # nothing", ""],
  ["before a comment", "A=1 # one", "1"],
  ["with a number sign inside", "A=1#2", "1#2"],
  ["with = inside", "A=b=c", "b=c"],
  ["in single quotes", "A='1 # $X \\n'", "1 # $X \\n"],
  ["in double quotes", 'A="1 # \\"q\\" \\\\ \\n"', '1 # "q" \\ \n'],
  ["in quotes before a comment", "A='1' # one", "1"],
  ["with an escape nobody knows", 'A="\\d"', "\\d"],
  ["not expanded", "A=${B}", "${B}"],
  ["the last of two", "A=1\nA=2", "2"],
  ["on a line of Windows", "A=1\r\nB=2", "1"],
  ["after a byte order mark", "\uFEFFA=1", "1"],
])("a value is read %s", (_, text, value) => {
  const { variables, badLines } = parseDotenv(text);
  expect(variables.get("A")).toBe(value);
  expect(badLines).toEqual([]);
});

test("lines that are no assignment are numbered, comments and blanks are not", () => {
  expect(parseDotenv('# c\n\nA\n1A=2\nB=\'x\nC="y" z\nD=4').badLines).toEqual([3, 4, 5, 6]);
});

test("a variable may be called __proto__", () => {
  expect(parseDotenv("__proto__=1").variables).toEqual(new Map([["__proto__", "1"]]));
});
