import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { dataOf, objectOf } from "../support/tool-answers.ts";
import type { Entries } from "./support/bench.ts";
import { startFlakyHttp } from "./support/flaky-http.ts";
import { eventually, faultCase, sideBySide } from "./support/levels.ts";
import { ask, expectExact, holdCalls, openProcessWard, release, said } from "./support/process-ward.ts";

sideBySide();

const run = promisify(execFile);
const JUMP = fileURLToPath(new URL("../fixtures/jump-clock.mjs", import.meta.url));

/** Enough to start with, and far too few for the calls that follow. */
const FEW_FILES = 256;
const BACKENDS = 60;
const CALLS_EACH = 8;

faultCase("F15 a gateway that runs out of file descriptors refuses what needs one, and serves on", async (level) => {
  await using backend = await startFlakyHttp("modern");
  const names = Array.from({ length: BACKENDS }, (_, at) => `b${at}`);
  const entries: Entries = Object.fromEntries(names.map((name) => [name, { url: backend.url }]));
  await using ward = await openProcessWard({ entries, shell: `ulimit -n ${FEW_FILES}; exec "$@"` });
  const held = await holdCalls(ward, level);
  backend.hold();
  const crowd = names.flatMap((name) => Array.from({ length: CALLS_EACH }, () => ask(ward.gateway, `${name}/write`)));
  await eventually(() => expect(openFiles(ward.gateway.child.pid)).toBeGreaterThan(FEW_FILES - 10));
  expect(await ward.gateway.request("ping")).toHaveProperty("result");
  backend.recover();
  const told = new Set(await Promise.all(crowd.map(said)));
  expect([...told].filter((one) => !["done", "start_failed", "unavailable", "circuit_open"].includes(one))).toEqual([]);
  expect(told.size, "some were served and some were not").toBeGreaterThan(1);
  expect(new Set(backend.ledger).size).toBe(backend.ledger.length);
  await release(ward);
  expect([...new Set(await Promise.all(held.map(said)))]).toEqual(level === 0 ? [] : ["done"]);
  await expectExact(ward, [...held, ...crowd]);
});

const openFiles = (pid: number | undefined): number => readdirSync(`/proc/${pid}/fd`).length;

/** A file system of 64 KB, which is soon full; undefined where the machine does not let us mount one. */
async function mountSmall(): Promise<({ readonly dir: string } & AsyncDisposable) | undefined> {
  const dir = await mkdtemp(join(tmpdir(), "sp-full-"));
  const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", dir]).then(
    () => true,
    () => false,
  );
  const close = async (): Promise<void> => {
    if (mounted) await run("umount", ["-l", dir]);
    await rm(dir, { recursive: true, force: true });
  };
  if (mounted) return { dir, [Symbol.asyncDispose]: close };
  await close();
  return undefined;
}

const canMount = await mountSmall().then(async (small) => {
  await small?.[Symbol.asyncDispose]();
  return small !== undefined;
});
if (!canMount && process.env["CI"])
  test("a full disk", () => {
    throw new Error("CI must run the cases that mount a small file system");
  });

describe.skipIf(!canMount)(`a disk that is full${canMount ? "" : " (skipped: this machine lets nobody mount one)"}`, () => {
  faultCase("F13 costs the gateway what it would have kept, and nothing else", async (level) => {
    const small = await mountSmall();
    if (!small) throw new Error("The small file system cannot be mounted any more");
    await using _small = small;
    await using ward = await openProcessWard({ env: { SALLYPORT_STATE_DIR: join(small.dir, "state") } });
    await writeFile(join(small.dir, "ballast"), Buffer.alloc(64 * 1024)).catch(() => undefined); // that it is cut short is the point
    const held = await holdCalls(ward, level);
    expect(await said(ask(ward.gateway, "neighbour/write"))).toBe("done");
    await release(ward);
    expect([...new Set(await Promise.all(held.map(said)))]).toEqual(level === 0 ? [] : ["done"]);
    await expectExact(ward, held);
  });
});

for (const [what, close] of [
  ["is closed", (stderr: NodeJS.ReadableStream & { destroy(): void }) => stderr.destroy()],
  ["is not read", (stderr: NodeJS.ReadableStream & { destroy(): void }) => void stderr.pause()],
] as const)
  faultCase(`F35 a log that ${what} stops no call, however much is logged`, async (level) => {
    await using ward = await openProcessWard({ env: { SALLYPORT_LOG: "trace" } });
    const held = await holdCalls(ward, level);
    close(ward.gateway.child.stderr);
    await release(ward);
    const more = Array.from({ length: 300 }, () => ask(ward.gateway, "neighbour/write"));
    expect([...new Set(await Promise.all([...held, ...more].map(said)))].filter((one) => one !== "resource_exhausted")).toEqual([
      "done",
    ]);
    await expectExact(ward, held);
  });

for (const hours of [1, -1])
  faultCase(`F16 a wall clock that jumps by ${hours} h ends no call early, nor late, and stops nothing`, async (level) => {
    const env = { NODE_OPTIONS: `--import=${JUMP}`, JUMP_MS: String(hours * 3_600_000) };
    await using ward = await openProcessWard({ env });
    const held = await holdCalls(ward, level);
    ward.gateway.child.kill("SIGPIPE");
    await eventually(() => expect(ward.gateway.stderr).toContain("clock jumped"));
    const impatient = ward.gateway.callTool("invoke", { tool: "neighbour/write", arguments: { key: "n" }, timeoutMs: 10_000 });
    expect((await impatient)["isError"]).toBeFalsy();
    await release(ward);
    expect([...new Set(await Promise.all(held.map(said)))]).toEqual(level === 0 ? [] : ["done"]);
    const status = objectOf(dataOf(await ward.gateway.callTool("status", {})));
    expect(Number(status["uptimeMs"])).toBeLessThan(600_000);
    expect(Number(status["uptimeMs"])).toBeGreaterThan(0);
    await expectExact(ward, held);
  });
