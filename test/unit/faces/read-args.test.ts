import { describe, expect, test } from "vitest";
import {
  readChoice,
  readObject,
  readOptionalBoolean,
  readOptionalInteger,
  readOptionalString,
  readString,
  readStrings,
} from "../../../src/faces/mcp/read-args.ts";
import { GatewayError } from "../../../src/model/errors.ts";

function refusal(read: () => unknown): string {
  try {
    return `accepted ${JSON.stringify(read())}`;
  } catch (error) {
    if (error instanceof GatewayError && error.code === "invalid_argument") return error.message;
    throw error;
  }
}

describe("an argument of the wrong kind is named with what was expected and what was found", () => {
  const none = {};
  test.each<[string, () => unknown, string]>([
    ["no text", () => readString({ a: 7 }, "a"), "a: expected a string, found 7"],
    ["empty text", () => readString({ a: "" }, "a"), 'a: expected a string, found ""'],
    ["nothing where text must be", () => readString(none, "a"), "a: expected a string, found nothing"],
    ["null where text must be", () => readString({ a: null }, "a"), "a: expected a string, found null"],
    ["a list for optional text", () => readOptionalString({ a: [] }, "a"), "a: expected a string, found []"],
    ["text for a truth value", () => readOptionalBoolean({ a: "true" }, "a"), 'a: expected true or false, found "true"'],
    ["text for a number", () => readOptionalInteger({ a: "5" }, "a", 1, 9), 'a: expected a whole number from 1 to 9, found "5"'],
    ["a fraction", () => readOptionalInteger({ a: 1.5 }, "a", 1, 9), "a: expected a whole number from 1 to 9, found 1.5"],
    ["too little", () => readOptionalInteger({ a: 0 }, "a", 1, 9), "a: expected a whole number from 1 to 9, found 0"],
    ["too much", () => readOptionalInteger({ a: 10 }, "a", 1, 9), "a: expected a whole number from 1 to 9, found 10"],
    ["no texts at all", () => readStrings({ a: [] }, "a", 3), "a: expected 1 to 3 strings, found []"],
    [
      "too many texts",
      () => readStrings({ a: ["1", "2", "3", "4"] }, "a", 3),
      'a: expected 1 to 3 strings, found ["1","2","3","4"]',
    ],
    ["a blank among texts", () => readStrings({ a: ["x", " "] }, "a", 3), 'a: expected 1 to 3 strings, found ["x"," "]'],
    ["a number among texts", () => readStrings({ a: ["x", 1] }, "a", 3), 'a: expected 1 to 3 strings, found ["x",1]'],
    ["a list for an object", () => readObject({ a: [1] }, "a"), "a: expected an object, found [1]"],
    ["text that is no JSON object", () => readObject({ a: "[1]" }, "a"), 'a: expected an object, found "[1]"'],
    ["text that is no JSON", () => readObject({ a: "{" }, "a"), 'a: expected an object, found "{"'],
    ["a word that is none of the choices", () => readChoice({ a: "c" }, "a", ["x", "y"]), 'a: expected "x" or "y", found "c"'],
    ["something long, cut", () => readString({ a: ["x".repeat(200)] }, "a"), `a: expected a string, found ["${"x".repeat(77)}…`],
  ])("%s", (_what, read, message) => {
    expect(refusal(read)).toBe(message);
  });
});

test("text of an object that cannot be read says why", () => {
  const read = () => readObject({ a: '{"x":1,"x":2}' }, "a");
  expect(read).toThrow(expect.objectContaining({ hint: expect.stringContaining('Key "x" stands twice in one object') }));
});

test("what may be left out may also be null", () => {
  for (const args of [{}, { a: null }, { a: undefined }]) {
    expect(readOptionalString(args, "a")).toBeUndefined();
    expect(readOptionalBoolean(args, "a")).toBeUndefined();
    expect(readOptionalInteger(args, "a", 1, 9)).toBeUndefined();
    expect(readObject(args, "a")).toEqual({});
  }
});

test("what models write instead is understood: a lone text for a list, JSON text for an object", () => {
  expect(readStrings({ a: "x" }, "a", 3)).toEqual(["x"]);
  expect(readObject({ a: '{"b": 1}' }, "a")).toEqual({ b: 1 });
});

test("the bounds themselves are within", () => {
  expect([readOptionalInteger({ a: 1 }, "a", 1, 9), readOptionalInteger({ a: 9 }, "a", 1, 9)]).toEqual([1, 9]);
  expect(readChoice({ a: "y" }, "a", ["x", "y"])).toBe("y");
});
