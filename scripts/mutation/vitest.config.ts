import { defineConfig } from "vitest/config";

// Only the fast tests, in one process: each runs once per mutant of what it covers.
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["resilience", "lifecycle", "wire", "cache", "time", "gateway"].map((room) => `test/unit/${room}/**/*.test.ts`),
    // One that is slow and sees what its neighbours see, one that replaces modules, and one that shows what opossum does.
    exclude: ["cached-calls.model", "filter-order", "opossum-defects"].map((name) => `test/unit/**/${name}.test.ts`),
    setupFiles: [new URL("./fixed-seed.ts", import.meta.url).pathname],
    isolate: false, // one worker for all files of a run: what they import is loaded once
    testTimeout: 8_000,
  },
});
