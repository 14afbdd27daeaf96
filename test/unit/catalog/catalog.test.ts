import { expect, test } from "vitest";
import { type BackendListing, Catalog, emptyListing } from "../../../src/catalog/catalog.ts";
import { descriptor, listing } from "./listing.ts";

test("a tool is found by its backend and its name, and nowhere else", () => {
  const catalog = new Catalog();
  catalog.replace("git", listing("git", ["log", "read"]));
  catalog.replace("fs", listing("fs", ["read"]));
  expect(catalog.find({ backend: "git", tool: "read" })?.ref).toEqual({ backend: "git", tool: "read" });
  expect(catalog.find({ backend: "fs", tool: "read" })?.ref).toEqual({ backend: "fs", tool: "read" });
  expect(catalog.find({ backend: "fs", tool: "log" })).toBeUndefined();
  expect(catalog.find({ backend: "none", tool: "log" })).toBeUndefined();
});

test("names that are keys of every object are ordinary names", () => {
  const catalog = new Catalog();
  catalog.replace("git", listing("git", ["log"]));
  for (const name of ["__proto__", "constructor", "toString"]) {
    expect(catalog.get(name)).toBeUndefined();
    expect(catalog.find({ backend: "git", tool: name })).toBeUndefined();
  }
  catalog.replace("__proto__", listing("__proto__", ["constructor"]));
  expect(catalog.find({ backend: "__proto__", tool: "constructor" })).toBeDefined();
});

test("a replaced listing is replaced as a whole", () => {
  const catalog = new Catalog();
  const [before, after] = [listing("git", ["log"]), listing("git", ["status"])];
  catalog.replace("git", before);
  catalog.replace("git", after);
  expect(catalog.get("git")).toBe(after);
  expect(catalog.find({ backend: "git", tool: "log" })).toBeUndefined();
  expect(before.tools).toHaveLength(1);
});

test("of two tools with one name the first is found", () => {
  const catalog = new Catalog();
  const first = descriptor("git", "log", { title: "first" });
  catalog.replace("git", { ...emptyListing("spec-1"), tools: [first, descriptor("git", "log")] });
  expect(catalog.find({ backend: "git", tool: "log" })).toBe(first);
});

test("all backends come with their listings, and what was given out does not change later", () => {
  const catalog = new Catalog();
  const [git, fs] = [listing("git", ["log"]), listing("fs", [])];
  catalog.replace("git", git);
  catalog.replace("fs", fs);
  const all = catalog.all();
  catalog.forget("git");
  expect(all).toEqual([
    ["git", git],
    ["fs", fs],
  ]);
  expect(catalog.all()).toEqual([["fs", fs]]);
});

test("every change is heard once with its listing and raises the version; what changes nothing is silent", () => {
  const heard: (readonly [string, BackendListing | undefined, boolean])[] = [];
  const catalog: Catalog = new Catalog((backend, now) => heard.push([backend, now, catalog.get(backend) === now]));
  const git = listing("git", ["log"]);
  expect(catalog.version).toBe(0);
  catalog.forget("git");
  expect(catalog.version).toBe(0);
  catalog.replace("git", git);
  expect(catalog.version).toBe(1);
  catalog.forget("git");
  catalog.forget("git");
  expect(catalog.version).toBe(2);
  expect(heard).toEqual([
    ["git", git, true],
    ["git", undefined, true],
  ]);
});
