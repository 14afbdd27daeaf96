import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GatewayError } from "../../../src/model/errors.ts";
import { MAX_STATE_BYTES, openFileStore } from "../../../src/state/file-store.ts";
import { createMemoryStore } from "../../../src/state/memory-store.ts";
import { fileNameFor } from "../../../src/state/own-file.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { tempDir } from "./temp-dir.ts";

async function openStore() {
  const directory = await tempDir();
  const failures: GatewayError[] = [];
  const onFailure = (failure: GatewayError) => void failures.push(failure);
  const store = await openFileStore({ directory, clock: systemClock, onFailure });
  return { store, directory, failures, fileOf: (name: string) => join(directory, fileNameFor(name)) };
}

describe.each([
  ["in files", async () => (await openStore()).store],
  ["in memory", async () => createMemoryStore()],
])("a store %s", (_kind, open) => {
  test("gives back what was written last, and nothing after it was removed", async () => {
    const store = await open();
    expect(await store.read("catalog/git")).toBeUndefined();
    await store.write("catalog/git", "one");
    await store.write("catalog/git", "two");
    expect(await store.read("catalog/git")).toBe("two");
    await store.remove("catalog/git");
    await store.remove("catalog/git");
    expect(await store.read("catalog/git")).toBeUndefined();
  });
});

describe("names", () => {
  test.each(["../../etc/passwd", "a/b", "a\\b", "", ".", "..", "a\0b", "CON", "x".repeat(5_000), "ü/日本", "__proto__"])(
    "%j stays inside the directory",
    async (name) => {
      const { store, directory, failures } = await openStore();
      await store.write(name, "kept");
      expect(await store.read(name)).toBe("kept");
      expect(await readdir(directory)).toEqual([fileNameFor(name)]);
      expect(failures).toEqual([]);
    },
  );

  test("names that differ by case, by a separator or by a lone surrogate are different files", () => {
    const names = ["catalog/git", "catalog/Git", "catalog-git", "catalog//git", "\ud800", "\ud801", "\ufffd"];
    expect(new Set(names.map(fileNameFor)).size).toBe(names.length);
    expect(fileNameFor("catalog/git")).toMatch(/^catalog-git-[0-9a-f]{32}$/);
  });

  test("every name becomes a plain file name", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => /^[a-z0-9_-]{32,81}$/.test(fileNameFor(name))));
  });
});

describe("order", () => {
  test("writes to one name end in the order they were asked for, and a read waits for them", async () => {
    const { store, directory } = await openStore();
    for (let round = 0; round < 30; round++) void store.write("a", String(round).repeat(10_000 - round * 300)); // never rejects
    expect(await store.read("a")).toBe("29".repeat(1_300));
    void store.write("a", "again"); // never rejects
    void store.remove("a"); // never rejects
    expect(await store.read("a")).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
  });

  test("closing the store waits for everything that was asked for", async () => {
    const { store, directory } = await openStore();
    for (let each = 0; each < 20; each++) void store.write(`name-${each}`, "x".repeat(50_000)); // never rejects
    await store[Symbol.asyncDispose]();
    expect(await readdir(directory)).toHaveLength(20);
  });

  test("two processes writing one name leave one whole text", async () => {
    const { store, directory, failures } = await openStore();
    const modules = ["state/file-store", "time/clock"].map(
      (name) => new URL(`../../../src/${name}.ts`, import.meta.url).pathname,
    );
    const script = `import { openFileStore } from ${JSON.stringify(modules[0])};
      import { systemClock } from ${JSON.stringify(modules[1])};
      const store = await openFileStore({ directory: process.argv[1], clock: systemClock, onFailure: (error) => { throw error; } });
      for (let round = 0; round < 50; round++) await store.write("shared", "b".repeat(30_000 + round));`;
    const args = ["--import", "tsx", "--input-type=module", "-e", script, directory];
    const other = promisify(execFile)(process.execPath, args);
    let running = true;
    const ended = other.finally(() => {
      running = false;
    });
    const seen = new Set<string>();
    while (running) {
      await store.write("shared", "a".repeat(40_000));
      seen.add((await store.read("shared")) ?? "missing");
    }
    await ended;
    expect([...seen].filter((text) => !/^(?:a{40000}|b{30000,30050})$/.test(text))).toEqual([]);
    expect(failures).toEqual([]);
    expect(await readdir(directory)).toEqual([fileNameFor("shared")]);
  });
});

describe("failures cost the text and are reported", () => {
  test("a file too large to be ours, a directory, and a planted link read as nothing", async () => {
    const { store, directory, failures, fileOf } = await openStore();
    await writeFile(fileOf("large"), "");
    await truncate(fileOf("large"), MAX_STATE_BYTES + 1);
    await mkdir(fileOf("directory"));
    await writeFile(join(directory, "secret"), "theirs");
    await symlink(join(directory, "secret"), fileOf("link"));
    for (const name of ["large", "directory", "link"]) expect(await store.read(name)).toBeUndefined();
    expect(failures.map(({ message }) => message.slice(message.lastIndexOf(": ") + 2))).toEqual([
      `it has ${MAX_STATE_BYTES + 1} bytes, at most ${MAX_STATE_BYTES} are read`,
      "it is not a regular file",
      "it is a symbolic link",
    ]);
  });

  test("a named pipe in the place of a file does not make a read wait", async () => {
    const { store, failures, fileOf } = await openStore();
    await promisify(execFile)("mkfifo", [fileOf("pipe")]);
    expect(await store.read("pipe")).toBeUndefined();
    expect(failures).toHaveLength(1);
  });

  test("a text over the cap is not written and the old one stays", async () => {
    const { store, failures } = await openStore();
    await store.write("a", "old");
    await store.write("a", "x".repeat(MAX_STATE_BYTES + 1));
    expect(await store.read("a")).toBe("old");
    expect(failures).toMatchObject([{ code: "resource_exhausted" }]);
  });

  test("a directory that is gone is reported at every write, and the store works again when it is back", async () => {
    const { store, directory, failures } = await openStore();
    await rm(directory, { recursive: true });
    await store.write("a", "x");
    await store.write("a", "x");
    expect(await store.read("a")).toBeUndefined();
    expect(failures.map(({ code }) => code)).toEqual(["needs_config", "needs_config"]);
    await mkdir(directory);
    await store.write("a", "back");
    expect(await store.read("a")).toBe("back");
  });

  test("a removal that fails is reported", async () => {
    const { store, failures, fileOf } = await openStore();
    await mkdir(fileOf("a"));
    await store.remove("a");
    expect(failures).toMatchObject([{ name: "GatewayError", message: expect.stringContaining('Cannot remove state "a"') }]);
  });
});

test("opening a store removes what a killed writer left an hour ago", async () => {
  const { directory, fileOf } = await openStore();
  const left = `.${fileNameFor("a")}.0123456789ab.tmp`;
  await writeFile(join(directory, left), "half");
  await writeFile(fileOf("a"), "whole");
  await utimes(join(directory, left), 1_000, 1_000);
  await openFileStore({ directory, clock: systemClock, onFailure: () => {} });
  expect(await readdir(directory)).toEqual([fileNameFor("a")]);
  expect(await readFile(fileOf("a"), "utf8")).toBe("whole");
});

test("the digest in a file name covers the whole name", () => {
  const name = "x".repeat(200);
  expect(fileNameFor(name)).toContain(createHash("sha256").update(JSON.stringify(name)).digest("hex").slice(0, 32));
});
