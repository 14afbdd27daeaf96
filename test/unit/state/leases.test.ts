import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { FileLeaseBook, type LeaseBookOptions } from "../../../src/state/leases.ts";
import { fileNameFor } from "../../../src/state/own-file.ts";
import { isRunning, readProcess } from "../../../src/state/process-identity.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { tempDir } from "./temp-dir.ts";

const clock = { ...systemClock, wallTime: () => 1_700_000_000_000 };

async function openBook(options: Partial<LeaseBookOptions> = {}) {
  const directory = options.directory ?? (await tempDir());
  return { directory, book: new FileLeaseBook({ directory, gatewayNonce: "nonce-1", clock, ...options }) };
}

/** A process that lives until its standard input closes. */
async function startChild(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn("cat", { stdio: ["pipe", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new Error("The child has no pid");
  return Object.assign(child, { pid });
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.stdin?.end();
  await exited;
}

test("a lease is held until it is disposed, and disposing it twice is fine", async () => {
  const { book, directory } = await openBook();
  const lease = await book.acquire("sallyport-git");
  expect(lease.name).toBe("sallyport-git");
  expect(await book.holders("sallyport-git")).toEqual([
    {
      pid: process.pid,
      processStartTime: (await readProcess(process.pid))?.startTime,
      gatewayNonce: "nonce-1",
      createdAt: 1_700_000_000_000,
    },
  ]);
  expect(await book.holders("sallyport-gi")).toEqual([]);
  await lease[Symbol.asyncDispose]();
  await lease[Symbol.asyncDispose]();
  expect(await book.holders("sallyport-git")).toEqual([]);
  expect(await readdir(directory)).toEqual([]);
});

test("lease files are readable by their owner only and hold one small object", async () => {
  const { book, directory } = await openBook();
  await book.acquire("../x".repeat(5_000));
  const [file = ""] = await readdir(directory);
  expect((await lstat(join(directory, file))).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(join(directory, file), "utf8"))).toMatchObject({ pid: process.pid });
  expect(await book.holders("../x".repeat(5_000))).toHaveLength(1);
});

test("two leases of one process are two: giving one back keeps the other", async () => {
  const { book } = await openBook();
  const first = await book.acquire("a");
  await book.acquire("a");
  await first[Symbol.asyncDispose]();
  expect(await book.holders("a")).toHaveLength(1);
});

test("the lease of another process is seen while it lives and removed once it is dead", async () => {
  const { book, directory } = await openBook();
  const child = await startChild();
  const theirs = (await openBook({ directory, pid: child.pid, gatewayNonce: "nonce-2" })).book;
  await theirs.acquire("a");
  await book.acquire("a");
  const nonces = (await book.holders("a")).map(({ gatewayNonce }) => gatewayNonce);
  expect(nonces.sort()).toEqual(["nonce-1", "nonce-2"]);
  await end(child);
  expect(await book.holders("a")).toMatchObject([{ gatewayNonce: "nonce-1" }]);
  expect(await readdir(directory)).toHaveLength(1);
});

test("a process that reused the pid does not inherit the lease", async () => {
  const { book, directory } = await openBook();
  await book.acquire("a");
  const [file = ""] = await readdir(directory);
  const written = JSON.parse(await readFile(join(directory, file), "utf8"));
  await writeFile(join(directory, file), JSON.stringify({ ...written, processStartTime: "1" }));
  expect(await book.holders("a")).toEqual([]);
  expect(await readdir(directory)).toEqual([]);
});

test("without /proc the pid alone counts", async () => {
  const { book, directory } = await openBook({ procRoot: "/nonexistent" });
  await book.acquire("a");
  expect(await book.holders("a")).toEqual([
    { pid: process.pid, processStartTime: undefined, gatewayNonce: "nonce-1", createdAt: 1_700_000_000_000 },
  ]);
  const child = await startChild();
  await (await openBook({ directory, pid: child.pid, procRoot: "/nonexistent" })).book.acquire("a");
  expect(await book.holders("a")).toHaveLength(2);
  await end(child);
  expect(await book.holders("a")).toHaveLength(1);
});

test("a process that is dead and not yet waited for holds nothing", async () => {
  const { book, directory } = await openBook({ procRoot: join(await tempDir(), "proc") });
  await book.acquire("a");
  const procRoot = await tempDir();
  await mkdir(join(procRoot, String(process.pid)));
  await writeFile(join(procRoot, String(process.pid), "stat"), statLine("node", "Z", "77"));
  expect(await (await openBook({ directory, procRoot })).book.holders("a")).toEqual([]);
});

const statLine = (command: string, state: string, startTime: string) =>
  `4 (${command}) ${state} ${Array.from({ length: 18 }, (_, index) => index).join(" ")} ${startTime} 5 6 7\n`;

test.each(["node", "a b", "x) R 1 2", "(()", ")", ""])("the start time is found behind the command name %j", async (command) => {
  const procRoot = await tempDir();
  await mkdir(join(procRoot, "4"));
  await writeFile(join(procRoot, "4", "stat"), statLine(command, "S", "4711"));
  expect(await readProcess(4, procRoot)).toEqual({ state: "S", startTime: "4711" });
});

test("a process that does not exist has no facts and is not running", async () => {
  const child = await startChild();
  expect(isRunning(child.pid)).toBe(true);
  await end(child);
  expect(isRunning(child.pid)).toBe(false);
  expect(await readProcess(child.pid)).toBeUndefined();
});

test.each([
  ["", "an empty file"],
  ["{", "half a file"],
  ["null", "no object"],
  ['{"pid":0,"gatewayNonce":"n","createdAt":1}', "a process group"],
  ['{"pid":-1,"gatewayNonce":"n","createdAt":1}', "every process"],
  ['{"pid":1.5,"gatewayNonce":"n","createdAt":1}', "no pid"],
  ['{"pid":99999999999,"gatewayNonce":"n","createdAt":1}', "a pid no system has"],
  [`{"pid":${process.pid}}`, "half an object"],
  [" ".repeat(5_000), "a large file"],
])("the damaged lease %# is nobody's claim and is removed", async (text) => {
  const { book, directory } = await openBook();
  await writeFile(join(directory, `${fileNameFor("a")}.1.0123456789ab.lease`), text);
  expect(await book.sweep()).toBe(1);
  expect(await readdir(directory)).toEqual([]);
});

test("a sweep removes the leases of the dead, whatever their name, and nothing else", async () => {
  const { book, directory } = await openBook();
  const child = await startChild();
  const theirs = (await openBook({ directory, pid: child.pid })).book;
  await Promise.all(["a", "b", "c"].map((name) => theirs.acquire(name)));
  await book.acquire("a");
  await writeFile(join(directory, "notes"), "");
  await mkdir(join(directory, "x.lease"));
  expect(await book.sweep()).toBe(0);
  await end(child);
  expect(await book.sweep()).toBe(3);
  expect(await book.sweep()).toBe(0);
  expect(await readdir(directory)).toHaveLength(3);
  expect(await book.holders("a")).toHaveLength(1);
});

test("many gateways acquiring, asking and sweeping at once see each living lease and leave no file", async () => {
  const { directory } = await openBook();
  const books = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => (await openBook({ directory, gatewayNonce: `n${index}` })).book),
  );
  await Promise.all(
    books.map(async (book, index) => {
      for (let round = 0; round < 5; round++) {
        const lease = await book.acquire("shared");
        const nonces = (await book.holders("shared")).map(({ gatewayNonce }) => gatewayNonce);
        expect(nonces).toContain(`n${index}`);
        await book.sweep();
        await lease[Symbol.asyncDispose]();
      }
    }),
  );
  expect(await readdir(directory)).toEqual([]);
});

test("a directory that is gone holds no leases, and acquiring one there fails with the reason", async () => {
  const { book, directory } = await openBook();
  await rm(directory, { recursive: true });
  expect(await book.holders("a")).toEqual([]);
  expect(await book.sweep()).toBe(0);
  await expect(book.acquire("a")).rejects.toMatchObject({ name: "GatewayError", code: "needs_config" });
});

test("leases that cannot be listed are an error, not an empty house", async () => {
  const directory = join(await tempDir(), "file");
  await writeFile(directory, "");
  await chmod(directory, 0o600);
  const { book } = await openBook({ directory });
  await expect(book.holders("a")).rejects.toMatchObject({ name: "GatewayError" });
});
