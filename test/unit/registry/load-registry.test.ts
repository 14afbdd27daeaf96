// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as they stand in a registry file
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StateStore } from "../../../src/model/ports.ts";
import { type LoadOptions, loadRegistry, readRegistry } from "../../../src/registry/load-registry.ts";
import { fixtureKinds } from "../../support/runtime-kinds.ts";

const GOOD = '{"mcpServers": {"a": {"command": "x"}}}';
const BAD = '{"mcpServers": {\n"a": {"command": 5}}}';

class MemoryStore implements StateStore {
  readonly texts = new Map<string, string>();
  writes = 0;

  async read(name: string): Promise<string | undefined> {
    return this.texts.get(name);
  }

  async write(name: string, text: string): Promise<void> {
    this.writes += 1;
    this.texts.set(name, text);
  }

  async remove(name: string): Promise<void> {
    this.texts.delete(name);
  }
}

let directory: string;
let options: LoadOptions & { readonly store: MemoryStore };

const put = (text: string, mode = 0o600) => {
  writeFileSync(options.file, text);
  chmodSync(options.file, mode);
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sallyport-load-"));
  options = { file: join(directory, "registry.json"), kinds: fixtureKinds, store: new MemoryStore(), env: { HOME: directory } };
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("loadRegistry", () => {
  test("gives the snapshot of a good file, and keeps it once", async () => {
    put(GOOD);
    expect(await loadRegistry(options)).toMatchObject({ kind: "loaded", snapshot: { file: options.file, warnings: [] } });
    await loadRegistry(options);
    expect([...options.store.texts.values()]).toEqual([GOOD]);
    expect(options.store.writes).toBe(1);
  });

  test("starts with the last good version of a bad file, and says where it is bad", async () => {
    put(GOOD);
    await loadRegistry(options);
    put(BAD);
    const start = await loadRegistry(options);
    expect(start).toMatchObject({ kind: "stale", problems: [{ path: "mcpServers.a.command", line: 2, column: 18 }] });
    expect(start.kind === "stale" && [...start.snapshot.backends.keys()]).toEqual(["a"]);
    expect([...options.store.texts.values()]).toEqual([GOOD]);
  });

  test("refuses a bad file that was never good", async () => {
    put(BAD);
    expect(await loadRegistry(options)).toMatchObject({ kind: "refused", problems: [{ line: 2 }] });
  });

  test("refuses a bad file whose kept version is damaged", async () => {
    put(GOOD);
    await loadRegistry(options);
    for (const name of options.store.texts.keys()) options.store.texts.set(name, GOOD.slice(0, 20));
    put(BAD);
    expect(await loadRegistry(options)).toMatchObject({ kind: "refused", problems: [{ path: "mcpServers.a.command" }] });
  });

  test("does not bring back a file that was removed", async () => {
    put(GOOD);
    await loadRegistry(options);
    rmSync(options.file);
    expect(await loadRegistry(options)).toMatchObject({
      kind: "refused",
      problems: [{ message: `Cannot read ${options.file}: there is no such file`, hint: expect.stringContaining("--registry") }],
    });
  });

  test("keeps the versions of different files apart", async () => {
    put(GOOD);
    await loadRegistry(options);
    const other = { ...options, file: join(directory, "other.json") };
    writeFileSync(other.file, BAD);
    expect(await loadRegistry(other)).toMatchObject({ kind: "refused" });
  });

  test("uses a good file although its version cannot be kept", async () => {
    put(GOOD);
    const full = async () => Promise.reject(new Error("disk full"));
    expect(await loadRegistry({ ...options, store: { read: full, write: full, remove: full } })).toMatchObject({
      kind: "loaded",
    });
  });
});

describe("readRegistry", () => {
  test("does not fall back", async () => {
    put(GOOD);
    await readRegistry(options);
    put(BAD);
    expect(await readRegistry(options)).toMatchObject({ kind: "refused" });
  });

  test("refuses what is no file", async () => {
    mkdirSync(options.file);
    expect(await readRegistry(options)).toMatchObject({
      kind: "refused",
      problems: [{ message: `Cannot read ${options.file}: it is a directory`, line: 1, column: 1 }],
    });
  });

  test.each([
    ["the group", 0o620],
    ["everybody", 0o602],
  ])("warns of a file that %s can change", async (_, mode) => {
    put(GOOD, mode);
    expect(await readRegistry(options)).toMatchObject({
      kind: "loaded",
      snapshot: {
        warnings: [{ severity: "warning", found: `mode 0${mode.toString(8)}`, hint: `Run chmod go-w ${options.file}` }],
      },
    });
  });

  test("reads secrets from the disk, and only from files nobody else can read", async () => {
    const secrets = join(directory, ".config", "sallyport", "secrets");
    mkdirSync(secrets, { recursive: true });
    writeFileSync(join(secrets, "mine"), "m\n", { mode: 0o600 });
    writeFileSync(join(secrets, "open"), "o\n");
    chmodSync(join(secrets, "open"), 0o644);
    put('{"mcpServers": {"a": {"command": "x", "args": ["${secret:mine}", "${secret:open}"]}}}');
    const reading = await readRegistry(options);
    expect(reading.kind === "loaded" && reading.snapshot.backends.get("a")).toMatchObject({
      options: { args: ["m", "${secret:open}"] },
      missing: [{ name: "SALLYPORT_SECRET_OPEN" }],
    });
  });
});
