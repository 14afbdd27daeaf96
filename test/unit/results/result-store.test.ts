import { expect, test } from "vitest";
import { ResultStore } from "../../../src/results/result-store.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const stored = (length = 10) => ({ text: Buffer.from("x".repeat(length)), structured: undefined, pageBytes: 400 });

function open() {
  const clock = new ManualClock();
  const store = new ResultStore(clock, { results: 2, bytes: 1_000, ageMs: 1_000 });
  const put = (length?: number) => store.put(stored(length)) ?? "none";
  const isKept = (handle: string) => {
    try {
      return store.get(handle) !== undefined;
    } catch {
      return false;
    }
  };
  return { clock, store, put, isKept };
}

test("a handle gives the whole back until it is too old", async () => {
  const { clock, store, put } = open();
  const handle = put();
  await clock.advance(999);
  expect(store.get(handle)).toEqual(stored());
  await clock.advance(1);
  expect(() => store.get(handle)).toThrow(expect.objectContaining({ code: "not_found" }));
});

test("the oldest make room when there are too many, or they are too big together", () => {
  const { put, isKept } = open();
  const [first, second, third] = [put(10), put(11), put(12)];
  expect([first, second, third].map(isKept)).toEqual([false, true, true]);
  const big = put(995);
  expect([second, third, big].map(isKept)).toEqual([false, false, true]);
});

test("what is too big by itself is not kept, and pushes nothing out", () => {
  const { put, isKept } = open();
  const first = put();
  expect(put(2_000)).toBe("none");
  expect(isKept(first)).toBe(true);
});

test("the same result again keeps its handle, is as new, and pushes nothing out", async () => {
  const { clock, put, isKept } = open();
  const [first, second] = [put(400), put(500)];
  await clock.advance(600);
  expect([put(400), put(400)]).toEqual([first, first]);
  await clock.advance(600);
  expect([first, second].map(isKept)).toEqual([true, false]);
  const third = put(500);
  expect(third).not.toBe(second);
  expect([put(100), isKept(first), isKept(third)]).toEqual([expect.any(String), false, true]);
});

test.each([
  ["text", { text: Buffer.from("other text") }, {}],
  ["structured content", { structured: Buffer.from("{}") }, {}],
  ["value of that", { structured: Buffer.from("{}") }, { structured: Buffer.from("[]") }],
  ["size of pages", { pageBytes: 401 }, {}],
])("a result with another %s has a handle of its own", (_part, difference, before) => {
  const { store } = open();
  const first = store.put({ ...stored(), ...before }) ?? "none";
  expect(store.put({ ...stored(), ...difference })).not.toBe(first);
  expect(store.get(first)).toEqual({ ...stored(), ...before });
});

test("a handle of one gateway means nothing to another", () => {
  const handle = open().put();
  expect(handle).toMatch(/^r_[\w-]{12}$/);
  expect(open().isKept(handle)).toBe(false);
});
