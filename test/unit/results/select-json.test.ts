import { expect, test } from "vitest";
import { selectJson } from "../../../src/results/select-json.ts";

const VALUE = JSON.parse('{"items":[{"name":"a"},{"a/b":{"~c":null}}],"":{"":1},"__proto__":"own"}');

test.each<[string, unknown]>([
  ["/items/0/name", "a"],
  ["/items/1/a~1b/~0c", null],
  ["/", { "": 1 }],
  ["//", 1],
  ["/__proto__", "own"],
])("%s names its part", (pointer, found) => {
  expect(selectJson(VALUE, pointer)).toEqual(found);
});

test.each<[string, string]>([
  ["items/0", 'select: expected a JSON Pointer such as "/items/0/name", found "items/0"'],
  ["/items/2", 'select: nothing at "/items/2": "/items" is a list of 2'],
  ["/items/-1", 'select: nothing at "/items/-1": "/items" is a list of 2'],
  ["/items/0/nam", 'select: nothing at "/items/0/nam": "/items/0" has the keys name'],
  ["/items/0/name/x", 'select: nothing at "/items/0/name/x": "/items/0/name" is a string'],
  ["/constructor", 'select: nothing at "/constructor": the whole has the keys items, , __proto__'],
])("%s is refused with what is there instead", (pointer, message) => {
  expect(() => selectJson(VALUE, pointer)).toThrow(expect.objectContaining({ code: "invalid_argument", message }));
});
