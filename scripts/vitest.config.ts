import { defineConfig } from "vitest/config";

const ROOMS = "{cache,catalog,faces,gateway,lifecycle,model,registry,resilience,results,search,security,telemetry,wire}";
/**
 * Tests that leave nothing behind for another to see, so that they need no process of their own, which takes longer to start than
 * most of them take to run. Not among them are those that replace modules or stop the clock (time), and those of rooms that have
 * processes and sockets.
 */
const TOGETHER = `test/unit/${ROOMS}/**/!(filter-order).test.ts`;

const common = {
  root: new URL("..", import.meta.url).pathname,
  testTimeout: 30_000,
  hookTimeout: 30_000,
  pool: "forks",
} as const;

export default defineConfig({
  test: {
    maxWorkers: 2, // the container suites share one engine, and a machine with two cores would get a single worker
    reporters: ["default"],
    projects: [
      { test: { ...common, name: "together", include: [TOGETHER], isolate: false } },
      { test: { ...common, name: "apart", include: ["test/**/*.test.ts"], exclude: [TOGETHER] } },
    ],
  },
});
