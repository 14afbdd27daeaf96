import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SCRIPT = join(ROOT, "scripts/check-floors.ts");

let house: string;
beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), "sp-floors-"));
  mkdirSync(join(house, "time"));
  cpSync(join(ROOT, "src/time/clock.ts"), join(house, "time/clock.ts"));
});
afterEach(() => rmSync(house, { recursive: true }));

/** What the checker says about a house in which this file stands. */
function check(file: string, text: string): string {
  mkdirSync(dirname(join(house, file)), { recursive: true });
  writeFileSync(join(house, file), text);
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", SCRIPT, house], { cwd: ROOT, encoding: "utf8" });
  expect(status).toBe(stderr.includes(" 0 problems") ? 0 : 1);
  return stderr;
}

test("a house in order passes", () => {
  expect(check("cache/a.ts", 'import { systemClock } from "../time/clock.ts";\nsystemClock.now();')).toContain("0 problems");
});

describe("time is read in time/ alone", () => {
  test.each([
    "Date.now()",
    "new Date()",
    "setTimeout(run, 5)",
    "setInterval(run, 5)",
    "performance.now()",
    "process.hrtime.bigint()",
    "AbortSignal.timeout(5)",
    'import { setTimeout } from "node:timers/promises"',
  ])("%s", (text) => {
    expect(check("resilience/a.ts", text)).toContain("resilience/a.ts reads time itself: take a Clock from time/clock.ts");
  });

  test("and a date that is given is no reading", () => {
    expect(check("resilience/a.ts", "new Date(clock.wallTime())")).toContain("0 problems");
  });
});

test("signals are not joined by what leaks", () => {
  expect(check("gateway/a.ts", "AbortSignal.any([a, b])")).toContain("gateway/a.ts joins signals by AbortSignal.any");
});

test.each([
  ["up", "cache/a.ts", "../gateway/b.ts", "cache/a.ts may not import gateway/b.ts: cache stands on model, time, wire"],
  ["sideways", "cache/a.ts", "../search/b.ts", "cache/a.ts may not import search/b.ts: cache stands on model, time, wire"],
])("no import goes %s", (_, file, target, said) => {
  expect(check(file, `import { b } from "${target}";`)).toContain(said);
});
