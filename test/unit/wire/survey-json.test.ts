import { describe, expect, test } from "vitest";
import { surveyJson } from "../../../src/wire/survey-json.ts";

const survey = (text: string, maxDepth = 128) => surveyJson(Buffer.from(text), maxDepth);

describe("surveyJson()", () => {
  test.each([
    ["[123456789012345]", false],
    ["[1234567890123456]", true],
    ["[1234567.1234567]", false],
    ["[1234567.12345678]", true],
    ["[123456789,123456789]", false],
    ["[1e5]", true],
    ["[1E5]", true],
    ["[true,false,null]", false],
    ['["12345678901234567890","1e5"]', false],
  ])("%s may have a number that a double cannot hold: %s", (text, oddNumbers) => {
    expect(survey(text)).toMatchObject({ oddNumbers, tooDeep: false });
  });

  test("counts keys, those of strings not", () => {
    expect(survey('{"a":{"b:":[{"c":":"}]},"a":1}').keys).toBe(4);
  });

  test("tells how deep it may be, and goes no further", () => {
    expect(survey('{"a":[{}]}', 3)).toEqual({ tooDeep: false, keys: 1, oddNumbers: false });
    expect(survey('{"a":[{"b":1}]}', 2)).toEqual({ tooDeep: true, keys: 1, oddNumbers: false });
    expect(survey("[[],[],[]]", 2).tooDeep).toBe(false);
  });
});
