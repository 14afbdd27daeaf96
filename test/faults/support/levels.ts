import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Chance, chanceOf, SEED } from "./seed.ts";

/** How many calls are in flight when a fault sets in; at 0 the first call after it meets it. */
export type Level = 0 | 1 | 100;

const LEVELS: readonly Level[] = [0, 1, 100];

const NAMES: Readonly<Record<Level, string>> = { 0: "idle", 1: "1 call", 100: "100 calls" };

/** Node says so when listeners pile up; a gateway that makes it say so leaks, or looks as if it did. */
const warnings: string[] = [];
const onWarning = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`);
beforeAll(() => void process.on("warning", onWarning));
afterAll(() => {
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

let beside = false;

/**
 * Lets the cases of the file that says so, before its first one, run side by side: each has servers and children of its own,
 * and waits for them most of its time. They use `eventually` and never `expect.poll`, which
 * knows one test at a time.
 */
export function sideBySide(): void {
  beside = true;
  vi.setConfig({ maxConcurrency: 4 });
}

/** Waits until the check no longer throws, 15 s at most. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000, interval: 5 });

/** One case of the matrix: a test for each level, with the seed in its name. */
export function faultCase(name: string, run: (level: Level, chance: Chance) => Promise<void>, levels = LEVELS): void {
  for (const level of levels) {
    const title = `${name} (${NAMES[level]}, seed ${SEED})`;
    const add = beside ? test.concurrent : test;
    add(title, () => run(level, chanceOf(title)));
  }
}
