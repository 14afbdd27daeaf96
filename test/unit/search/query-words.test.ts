import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readQuery } from "../../../src/search/query-words.ts";

describe("readQuery", () => {
  test("reads a text without values the same whether values are looked for or not", () => {
    const units = [
      "select",
      "ſelect ",
      " from x",
      "get",
      "MySQL",
      " ",
      "-",
      "_",
      ",",
      "ä",
      "漢字",
      "(",
      "»",
      "\n",
      "\u212a",
      "sec",
      "https",
    ];
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...units), maxLength: 20 }), (text) => {
        const { asking, values, hints, identifiers } = readQuery(text);
        const looked = readQuery(`${text} <zz>`); // a value, for which all kinds are looked for
        expect(looked).toEqual({ asking, values: [...values, "zz"], hints, identifiers });
      }),
      { numRuns: 500 },
    );
  });

  test("tells the words that ask from the words inside values", () => {
    const { asking, values } = readQuery("rename 'quarterly report' to \"final draft\" on https://files.example.org/x");
    expect(asking).toEqual(["rename"]);
    expect(values).toEqual(expect.arrayContaining(["quarterly", "report", "final", "draft", "example"]));
  });

  test("does not take an apostrophe for the beginning of a quotation", () => {
    expect(readQuery("the user's calendar and the team's mail").asking).toEqual(["user", "s", "calendar", "team", "s", "mail"]);
  });

  test("takes a path, an address or a statement as a hint at its kind", () => {
    expect(readQuery("show ./notes/today.md").hints).toContain("file");
    expect(readQuery("write to anna@example.org").hints).toContain("email");
    expect(readQuery("SELECT name FROM shelves").hints).toContain("sql");
  });

  test("forgets the numbers of a query", () => {
    const { asking, values } = readQuery("invoice 2024-17 over 300.50 by 10.0.0.7");
    expect([...asking, ...values]).toEqual(["invoice", "over"]);
  });

  test("finds words written like the name of a tool", () => {
    expect(readQuery("call list_tables or getUser now").identifiers).toEqual(["list_tables", "getUser"]);
  });

  test("reads no more than 4,000 characters", () => {
    expect(readQuery(`${"a ".repeat(2000)}needle`).asking).not.toContain("needle");
  });
});
