import { expect, test } from "vitest";
import { stem } from "../../../src/search/stem.ts";

test("stem brings the forms of a word together", () => {
  expect(["list", "lists", "listed", "listing"].map(stem)).toEqual(["list", "list", "list", "list"]);
  expect(["query", "queries", "querying"].map(stem)).toEqual(["queri", "queri", "queri"]);
  expect(["translate", "translation", "translator"].map(stem)).toEqual(["translat", "translat", "translat"]);
});

test.each([
  ["caresses", "caress"],
  ["ties", "tie"],
  ["gas", "gas"],
  ["hopping", "hop"],
  ["hoping", "hope"],
  ["agreed", "agre"],
  ["generously", "generous"],
  ["communication", "communic"],
  ["relational", "relat"],
  ["possibly", "possibl"],
  ["rational", "ration"],
  ["formative", "format"],
  ["adjustment", "adjust"],
  ["adoption", "adopt"],
  ["controlling", "control"],
  ["yearly", "year"],
  ["boyish", "boyish"],
  ["news", "news"],
  ["proceeding", "proceed"],
  ["skies", "sky"],
])("stem follows the published algorithm: %s becomes %s", (word, expected) => {
  expect(stem(word)).toBe(expected);
});

test("stem leaves numbers, short words and other alphabets as they are", () => {
  expect(["s3", "id", "v2", "погода", "文件"].map(stem)).toEqual(["s3", "id", "v2", "погода", "文件"]);
});
