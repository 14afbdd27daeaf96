import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    maxWorkers: 2, // the container suites share one engine, and a machine with two cores would get a single worker
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    // A container engine on a small shared machine now and then takes longer than a person would wait.
    retry: process.env["CI"] ? 1 : 0,
    reporters: ["default"],
  },
});
