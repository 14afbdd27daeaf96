import { expect, test } from "vitest";
import { type Kept, ResultCache } from "../../../src/cache/result-cache.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const LIMITS = { entries: 3, bytes: 1_000, entryBytes: 600 };
const text = (length: number) => ({ content: [{ type: "text", text: "x".repeat(length) }] });

function open(limits = LIMITS) {
  const clock = new ManualClock();
  const cache = new ResultCache(clock, limits);
  const keep = (key: string, over: Partial<Kept> = {}) =>
    cache.keep({ backend: "notes", key, version: cache.version("notes"), result: text(10), tookMs: 5, ttlMs: 1_000, ...over });
  const keys = (...names: readonly string[]) => names.filter((key) => cache.find(key));
  return { clock, cache, keep, keys };
}

test("the answer that was not asked for the longest makes room for a new one", () => {
  const { keep, keys } = open();
  for (const key of ["a", "b", "c"]) keep(key);
  keys("a");
  keep("d");
  expect(keys("a", "b", "c", "d")).toEqual(["a", "c", "d"]);
});

test("bytes are bounded as well as entries, and what is too big by itself pushes nothing out", () => {
  const { keep, keys } = open();
  keep("a", { result: text(500) });
  keep("huge", { result: text(700) });
  expect(keys("a", "huge")).toEqual(["a"]);
  keep("b", { result: text(500) });
  expect(keys("a", "b")).toEqual(["b"]);
});

test("an answer past its lifetime is only good as a stale one, for ten more lifetimes", async () => {
  const { clock, cache, keep } = open();
  keep("a");
  await clock.advance(1_000);
  expect(cache.find("a")).toBeUndefined();
  await clock.advance(9_999);
  expect(cache.findStale("a")).toMatchObject({ ageMs: 10_999, tookMs: 5 });
  await clock.advance(1);
  expect(cache.findStale("a")).toBeUndefined();
});

test("a change of one backend leaves the answers of the others", () => {
  const { cache, keep, keys } = open();
  keep("a");
  keep("b", { backend: "other", version: cache.version("other") });
  cache.invalidate("notes");
  expect(keys("a", "b")).toEqual(["b"]);
  expect(cache.findStale("a")).toBeUndefined();
});

test("nothing is kept while a write is under way, nor what was asked before it or beside it", () => {
  const { cache, keep, keys } = open();
  const before = cache.version("notes");
  const end = cache.beginWrite("notes");
  const beside = cache.version("notes");
  keep("a");
  end({ unsureForMs: 0 });
  keep("b", { version: before });
  keep("c", { version: beside });
  expect(keys("a", "b", "c")).toEqual([]);
  keep("d");
  expect(keys("d")).toEqual(["d"]);
});

test("two writes at once keep the door shut until both have ended", () => {
  const { cache, keep, keys } = open();
  const ends = [cache.beginWrite("notes"), cache.beginWrite("notes")];
  ends[0]?.({ unsureForMs: 0 });
  keep("a");
  expect(keys("a")).toEqual([]);
  ends[1]?.({ unsureForMs: 0 });
  keep("a");
  expect(keys("a")).toEqual(["a"]);
});

test("a backend that left the registry and came back does not meet its former answers", () => {
  const { cache, keep, keys } = open();
  const former = cache.version("notes");
  keep("a");
  cache.forget("notes");
  keep("b", { version: former });
  expect(keys("a", "b")).toEqual([]);
  expect(cache.figures()).toBeUndefined();
});
