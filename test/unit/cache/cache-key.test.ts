import { expect, test } from "vitest";
import { type CacheKeyParts, cacheKey } from "../../../src/cache/cache-key.ts";

const PARTS: CacheKeyParts = {
  ref: { backend: "git", tool: "log" },
  specDigest: "spec",
  toolDigest: "tool",
  args: { path: ".", limits: { lines: 3, bytes: 9 } },
  hostCapabilities: undefined,
};

test("a key is 64 hexadecimal digits, and the same for the same parts in whatever order", () => {
  const key = cacheKey(PARTS);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(cacheKey({ ...PARTS, args: { limits: { bytes: 9, lines: 3 }, path: "." } })).toBe(key);
});

test.each<Partial<CacheKeyParts>>([
  { ref: { backend: "notes", tool: "log" } },
  { ref: { backend: "git", tool: "show" } },
  { specDigest: "other" },
  { toolDigest: "other" },
  { args: {} },
  { hostCapabilities: { elicitation: {} } },
])("%o makes another key", (other) => {
  expect(cacheKey({ ...PARTS, ...other })).not.toBe(cacheKey(PARTS));
});
