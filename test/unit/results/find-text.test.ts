import { expect, test } from "vitest";
import { findText } from "../../../src/results/find-text.ts";

test("each line with the piece is listed once, with its number, whatever the case", () => {
  const text = "alpha\nBeta beta\n\ngamma\nthe BETA";
  expect(findText(text, "beta")).toEqual({ lines: ["2: Beta beta", "5: the BETA"], more: false });
});

test("a piece is plain text: nothing in it is special", () => {
  expect(findText("aaaa\n^(a+)+$\n", "^(a+)+$").lines).toEqual(["2: ^(a+)+$"]);
});

test("of a long line only what is near is shown, once for every place", () => {
  const { lines } = findText(`${"x".repeat(1_000)}needle${"y".repeat(1_000)}needle${"z".repeat(1_000)}`, "needle");
  expect(lines).toEqual([`1: …${"x".repeat(200)}needle${"y".repeat(200)}…`, `1: …${"y".repeat(200)}needle${"z".repeat(200)}…`]);
});

test("no more than a thousand places are listed, and it says so", () => {
  const { lines, more } = findText("hit\n".repeat(1_001), "hit");
  expect([lines.length, more]).toEqual([1_000, true]);
  expect(findText("hit\n".repeat(1_000), "hit").more).toBe(false);
});

test("letters whose lower case is longer do not move the places", () => {
  expect(findText("İİİİ\nneedle here", "needle").lines).toEqual(["2: needle here"]);
});
