import { expect, test } from "vitest";
import { CacheFigures } from "../../../src/cache/cache-figures.ts";

test("figures are kept by backend, and summed over all of them", () => {
  const figures = new CacheFigures();
  figures.count("git", "miss", 0);
  figures.count("git", "hit", 12.4);
  figures.count("git", "hit", 0.2);
  figures.count("notes", "shared", 0);
  figures.count("notes", "stale", 7);
  const git = { hits: 2, misses: 1, shared: 0, stale: 0, hitRate: 0.667, savedMs: 13, entries: 4 };
  const notes = { hits: 0, misses: 0, shared: 1, stale: 1, hitRate: 0, savedMs: 7, entries: 1 };
  expect(figures.view("git", 4)).toEqual(git);
  expect(figures.view("notes", 1)).toEqual(notes);
  expect(figures.view(undefined, 5)).toEqual({ hits: 2, misses: 1, shared: 1, stale: 1, hitRate: 0.4, savedMs: 20, entries: 5 });
});

test("of a backend that was asked nothing, or is forgotten, there is nothing to show", () => {
  const figures = new CacheFigures();
  expect(figures.view(undefined, 0)).toBeUndefined();
  figures.count("git", "hit", 1);
  expect(figures.view("notes", 0)).toBeUndefined();
  figures.forget("git");
  expect(figures.view("git", 0)).toBeUndefined();
});
