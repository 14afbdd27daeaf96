import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listingName, loadListing, parseListing, printListing, saveListing } from "../../../src/catalog/catalog-snapshot.ts";
import { digestTools, toolsDigestOf } from "../../../src/catalog/tools-digest.ts";
import type { StateStore } from "../../../src/model/ports.ts";
import { descriptor, listing } from "./listing.ts";

const full = listing("git", ["log"], {
  tools: [descriptor("git", "log", { "x-vendor": { deep: [1, null, "ü\ud800"] }, _meta: { a: 1 }, description: null })],
  resources: [{ uri: "file:///a", name: "a", size: 3, "x-more": true }],
  resourceTemplates: [{ uriTemplate: "file:///{path}" }],
  prompts: [{ name: "review", arguments: [{ name: "diff" }] }],
  quarantined: [{ name: "bad", reason: "The name is empty" }],
  instructions: "Call log first\nthen status",
});

describe("a listing on disk", () => {
  test("comes back as it was, unknown fields included, and is called stored", () => {
    const found = parseListing(printListing("git", full), "git", "spec-1");
    expect(found).toEqual({ ...full, source: "stored", stale: false, toolsDigest: digestTools(full.tools) });
  });

  test("comes back without what it did not have", () => {
    const bare = listing("git", []);
    const found = parseListing(printListing("git", bare), "git", "spec-1");
    expect(found).toEqual({ ...bare, source: "stored", toolsDigest: digestTools([]) });
    expect(found?.resources).toBeUndefined();
  });

  test("of another spec is still a listing, but a stale one with the digest it was seen under", () => {
    const found = parseListing(printListing("git", full), "git", "spec-2");
    expect(found).toMatchObject({ source: "stored", stale: true, specDigest: "spec-1", tools: full.tools });
  });

  test("has its tools read when they are wanted, and once", () => {
    const found = parseListing(text, "git", "spec-1");
    expect(found?.tools).toBe(found?.tools);
    expect(toolsDigestOf({ ...full, toolsDigest: "known" })).toBe("known");
    expect(toolsDigestOf(full)).toBe(found?.toolsDigest);
  });

  test("keeps keys that once set prototypes as ordinary keys", () => {
    const definition: Record<string, unknown> = JSON.parse('{"name":"log","__proto__":{"polluted":1}}');
    const hostile = listing("git", [], { tools: [{ ...descriptor("git", "log"), definition }] });
    const found = parseListing(printListing("git", hostile), "git", "spec-1");
    expect(JSON.stringify(found?.tools[0]?.definition)).toBe(JSON.stringify(definition));
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});

const text = printListing("git", full);
const [head = "", tools = ""] = text.split("\n");
const changed = (change: object) => `${JSON.stringify({ ...JSON.parse(head), ...change })}\n${tools}`;

describe("a damaged text is no listing", () => {
  test.each([
    ["nothing", ""],
    ["null", "null"],
    ["an array", "[]"],
    ["an empty object", "{}"],
    ["zeros, as a crash leaves them", "\0".repeat(100)],
    ["another format", changed({ format: 1 })],
    ["another backend's", changed({ backend: "fs" })],
    ["no digest", changed({ specDigest: undefined })],
    ["no digest of the tools", changed({ toolsDigest: undefined })],
    ["no seal", changed({ seal: undefined })],
    ["a head alone", head],
    ["no tools", `${head}\n`],
    ["another tool", text.replace('"name":"log"', '"name":"lag"')],
    ["a resource that is no object", changed({ resources: ["a"] })],
    ["prompts that are no list", changed({ prompts: {} })],
    ["instructions that are no text", changed({ instructions: 7 })],
    ["a tool set aside without a reason", changed({ quarantined: [{ name: "bad" }] })],
    ["a time that is no number", changed({ seenAt: "today" })],
    ["100,000 levels", "[".repeat(100_000)],
  ])("%s", (_what, damaged) => {
    expect(parseListing(damaged, "git", "spec-1")).toBeUndefined();
  });

  test("cut anywhere", () => {
    for (let length = 0; length < text.length; length++) {
      expect(parseListing(text.slice(0, length), "git", "spec-1")).toBeUndefined();
    }
  });

  test("whatever it holds, reading it does not throw", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (any) => parseListing(any, "git", "spec-1") === undefined));
  });
});

test("a listing that was saved is loaded under its backend's name only", async () => {
  const texts = new Map<string, string>();
  const store: StateStore = {
    read: async (name) => texts.get(name),
    write: async (name, kept) => void texts.set(name, String(kept)),
    remove: async (name) => void texts.delete(name),
  };
  await saveListing(store, "git", full);
  expect([...texts.keys()]).toEqual([listingName("git")]);
  expect(await loadListing(store, "git", "spec-1")).toMatchObject({ tools: full.tools, stale: false });
  expect(await loadListing(store, "fs", "spec-1")).toBeUndefined();
});
