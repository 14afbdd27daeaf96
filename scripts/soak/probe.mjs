// @ts-check
// Loaded into the gateway's process beside the gateway (node --expose-gc --import): collects garbage when asked to over IPC, and
// tells what is left. Keeps nothing alive.
import { readdirSync } from "node:fs";
import { getHeapCodeStatistics } from "node:v8";

process.on("message", () => {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  /** @type {Record<string, number>} */
  const handles = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  const { code_and_metadata_size: machineCode, bytecode_and_metadata_size: bytecode } = getHeapCodeStatistics();
  process.send?.({ heapUsed, external, code: machineCode + bytecode, rss, handles, fds: readdirSync("/proc/self/fd").length });
});
process.channel?.unref();
