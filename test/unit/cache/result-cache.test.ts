import { expect, test } from "vitest";
import { type Kept, ResultCache } from "../../../src/cache/result-cache.ts";
import { readRaw } from "../../../src/model/raw-result.ts";
import { scanAnswer } from "../../../src/wire/scan-answer.ts";
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

test("an answer nobody has read is kept unread, in bytes of its own that count", () => {
  const { cache, keep, keys } = open();
  const raw = (length: number) => {
    const message = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result: text(length) }));
    const result = scanAnswer(message)?.result;
    expect(result).toBeDefined();
    return result ?? {};
  };
  keep("huge", { result: raw(600) });
  for (const key of ["a", "b", "c"]) keep(key, { result: raw(300) });
  expect(keys("huge", "a", "b", "c")).toEqual(["b", "c"]);
  expect(readRaw(cache.find("b")?.result ?? {})).toEqual(text(300));
  expect(cache.find("b")?.result).toMatchObject({ pieces: [{ length: JSON.stringify(text(300)).length }] });
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

test("an answer within its lifetime is told with its age and what it took", async () => {
  const { clock, cache, keep } = open();
  const result = text(1);
  keep("a", { result });
  await clock.advance(999);
  expect(cache.find("a")).toEqual({ result, ageMs: 999, tookMs: 5 });
  expect(cache.find("b")).toBeUndefined();
});

test("an answer as big as may be is kept", () => {
  const { keep, keys } = open({ entries: 3, bytes: 1_000, entryBytes: 8 });
  keep("a", { result: {} });
  keep("b", { result: { a: 1 } });
  expect(keys("a", "b")).toEqual(["a"]);
});

test("after a write whose end nobody saw nothing is kept until it can take effect no more", async () => {
  const { clock, cache, keep, keys } = open();
  cache.beginWrite("notes")({ unsureForMs: 1_000 });
  cache.beginWrite("notes")({ unsureForMs: 0 });
  await clock.advance(999);
  keep("a");
  expect(keys("a")).toEqual([]);
  await clock.advance(1);
  keep("a");
  expect(keys("a")).toEqual(["a"]);
});

test("a version never comes back, not even for a backend that was forgotten", () => {
  const { cache } = open();
  const versions = [cache.version("notes"), cache.version("other")];
  cache.invalidate("notes");
  versions.push(cache.version("notes"));
  const end = cache.beginWrite("notes");
  versions.push(cache.version("notes"));
  end({ unsureForMs: 0 });
  versions.push(cache.version("notes"));
  cache.forget("notes");
  versions.push(cache.version("notes"));
  expect(new Set(versions).size).toBe(versions.length);
  expect(cache.version("notes")).toBe(versions.at(-1));
});

test("figures name the answers kept now, of one backend and of all", () => {
  const { cache, keep } = open();
  cache.count("notes", "miss");
  cache.count("notes", "hit", 5);
  cache.count("other", "miss");
  for (const key of ["a", "b"]) keep(key);
  keep("c", { backend: "other", version: cache.version("other") });
  expect(cache.figures("notes")).toMatchObject({ hits: 1, misses: 1, savedMs: 5, entries: 2 });
  expect(cache.figures()).toMatchObject({ hits: 1, misses: 2, entries: 3 });
  keep("d"); // pushes "a" out
  expect(cache.figures("notes")).toMatchObject({ entries: 2 });
  cache.invalidate("notes");
  expect(cache.figures("notes")).toMatchObject({ entries: 0 });
  expect(cache.figures("nobody")).toBeUndefined();
});

test("figures of a backend that has kept nothing yet name no answers", () => {
  const { cache } = open();
  cache.count("notes", "miss");
  expect(cache.figures("notes")).toMatchObject({ misses: 1, entries: 0 });
});

test("by itself it keeps answers of up to 256 KiB", () => {
  const cache = new ResultCache(new ManualClock());
  const kept = (length: number) => {
    cache.keep({
      backend: "b",
      key: `${length}`,
      version: cache.version("b"),
      result: { t: "x".repeat(length) },
      tookMs: 0,
      ttlMs: 1,
    });
    return cache.find(`${length}`) !== undefined;
  };
  expect([kept(256 * 1_024 - 16), kept(256 * 1_024 - 15)]).toEqual([true, false]);
});
