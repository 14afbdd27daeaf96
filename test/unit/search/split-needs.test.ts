import { describe, expect, test } from "vitest";
import { splitNeeds } from "../../../src/search/split-needs.ts";

describe("splitNeeds", () => {
  test("leaves a single need as it is", () => {
    expect(splitNeeds("list open pull requests on GitHub")).toEqual(["list open pull requests on GitHub"]);
    expect(splitNeeds("salt and pepper recipes")).toEqual(["salt and pepper recipes"]);
  });

  test("cuts a task where one step ends and the next begins", () => {
    expect(splitNeeds("Find the cheapest flight to Oslo, then book a hotel and then email the plan to Anna")).toEqual([
      "Find the cheapest flight to Oslo",
      "book a hotel",
      "email the plan to Anna",
    ]);
  });

  test("cuts at sentences and at list items", () => {
    expect(splitNeeds("Read the report. Summarise it for me.")).toEqual(["Read the report.", "Summarise it for me."]);
    expect(splitNeeds("1. read the report\n2. send a summary")).toEqual(["read the report", "send a summary"]);
  });

  test("does not cut inside file names, versions and abbreviations in lower case", () => {
    expect(splitNeeds("open report.txt with v1.2 of the editor, e.g. vim")).toHaveLength(1);
  });

  test("gives at most eight needs", () => {
    expect(splitNeeds(Array.from({ length: 12 }, (_, at) => `Do thing ${at}.`).join(" "))).toHaveLength(8);
  });

  test("leaves no joining word at the end of a step", () => {
    expect(splitNeeds("download the report and after that mail it to Anna, and finally delete it again")).toEqual([
      "download the report",
      "mail it to Anna",
      "delete it again",
    ]);
  });

  test("reads no more than 8,000 characters of a task", () => {
    expect(splitNeeds(`find a book, then ${"buy it ".repeat(40_000)}`).join(" ").length).toBeLessThan(8_000);
  });
});
