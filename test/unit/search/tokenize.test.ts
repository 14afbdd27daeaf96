import { describe, expect, test } from "vitest";
import { tokenize } from "../../../src/search/tokenize.ts";

describe("tokenize", () => {
  test("splits identifiers of every style into their words", () => {
    expect(tokenize("list_open-issues.byUser")).toEqual(["list", "open", "issues", "byuser", "user"]);
  });

  test("keeps a brand written in mixed case as one word beside its telling parts", () => {
    expect(tokenize("MySQL")).toEqual(["mysql", "sql"]);
    expect(tokenize("GitHub")).toEqual(["github", "git", "hub"]);
    expect(tokenize("GraphQL PostgreSQL")).toEqual(["graphql", "graph", "postgresql", "postgre", "sql"]);
  });

  test("takes the plural s off an acronym", () => {
    expect(tokenize("PRs and VMs")).toEqual(["pr", "vm"]);
  });

  test("leaves out words that say nothing about a tool, but keeps the verbs of tools", () => {
    expect(tokenize("please list and find the files for me")).toEqual(["list", "find", "files"]);
  });

  test("turns scripts without spaces into overlapping pairs", () => {
    expect(tokenize("读取文件")).toEqual(["读取", "取文", "文件"]);
    expect(tokenize("図")).toEqual(["図"]);
  });

  test("folds accents and wide letters, and leaves other alphabets alone", () => {
    expect(tokenize("Café ＡＰＩ погода")).toEqual(["cafe", "api", "погода"]);
  });

  test("drops words of more than forty letters and everything beyond the limit", () => {
    expect(tokenize(`${"x".repeat(41)} one two three`, 2)).toEqual(["one", "two"]);
  });
});
