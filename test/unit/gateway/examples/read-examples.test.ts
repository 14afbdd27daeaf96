import { expect, test } from "vitest";
import { readExamples } from "../../../../src/gateway/examples/read-examples.ts";

const THREE = ["find a file", "look for notes", "search my disk"];

test.each<[string, string]>([
  ["a JSON list", JSON.stringify(THREE)],
  ["one in a fence", `Here you are:\n\`\`\`json\n${JSON.stringify(THREE, null, 2)}\n\`\`\`\nAnything else?`],
  ["one in an object", JSON.stringify({ examples: THREE })],
  ["one after thoughts", `<think>[“a”] or ["one two three"]?</think>${JSON.stringify(THREE)}`],
  ["lines with numbers", `Examples:\n1. "find a file"\n2) look for notes.\n 3. search my disk`],
  ["lines with dots", "- find a file\n* look for notes\n• search my disk"],
  ["too much white space", JSON.stringify(["find  a\nfile ", " look for notes", "search my\u00a0disk"])],
  ["words twice", JSON.stringify([...THREE, "Find a file"].reverse())],
])("three needs are read from %s", (_what, answer) => {
  expect(new Set(readExamples(answer)?.map((need) => need.toLowerCase()))).toEqual(new Set(THREE));
});

test("five are enough", () => {
  const nine = Array.from({ length: 9 }, (_, at) => `find file number ${at}`);
  expect(readExamples(JSON.stringify(nine))).toEqual(nine.slice(0, 5));
});

test.each<[string, string]>([
  ["one word", "search"],
  ["an essay", "find a file ".repeat(11)],
  ["more than sixteen words", "a b c d e f g h i j k l m n o p q"],
  ["text nobody can see", "find a\u202e file"],
  ["a terminal sequence", "find a \u001b[31mfile"],
  ["tags", "find a file\u{e0041}"],
])("%s is no need", (_what, odd) => {
  expect(readExamples(JSON.stringify([odd, ...THREE]))).toEqual(THREE);
  expect(readExamples(JSON.stringify([odd, ...THREE.slice(1)]))).toBeUndefined();
});

test.each(["", "I cannot do that.", "[]", "[1,2,3]", '["a b"', "{}", "null", `${"x".repeat(50_000)}`])(
  "nothing is made of %.20j",
  (answer) => {
    expect(readExamples(answer)).toBeUndefined();
  },
);
