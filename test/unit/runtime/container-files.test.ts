import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ContainerFileStore } from "../../../src/runtime/container-files.ts";
import { type ContainerOptions, containerKind } from "../../../src/runtime/container-options.ts";

let runtimeDir: string;
beforeEach(async () => {
  runtimeDir = await mkdtemp(join(tmpdir(), "sp-files-"));
});
afterEach(() => rm(runtimeDir, { recursive: true }));

const options = (container: object): ContainerOptions =>
  containerKind.parse({ id: "x", fields: { container: { image: "x", ...container } }, baseDir: "/" }).options as ContainerOptions;

test("nothing is written for a container that needs no files", async () => {
  expect(await new ContainerFileStore(runtimeDir).prepare(options({}))).toBeUndefined();
  expect(await readdir(runtimeDir)).toEqual([]);
});

test("secrets lie in a folder that only we can enter, and go with it", async () => {
  const store = new ContainerFileStore(runtimeDir);
  const files = await store.prepare(options({ secrets: { "/run/a": "one", "/run/b": "two" } }));
  expect(files?.secrets.map(({ target }) => target)).toEqual(["/run/a", "/run/b"]);
  expect(await readFile(files?.secrets[1]?.source ?? "", "utf8")).toBe("two");
  expect((await stat(files?.directory ?? "")).mode & 0o777).toBe(0o700);
  expect((await stat(join(runtimeDir, "c"))).mode & 0o777).toBe(0o700);
  await store.remove(files?.directory ?? "");
  expect(await readdir(join(runtimeDir, "c"))).toEqual([]);
});

test("a label that names another folder removes nothing", async () => {
  const precious = join(runtimeDir, "precious");
  await mkdir(precious);
  const store = new ContainerFileStore(runtimeDir);
  for (const directory of [precious, join(runtimeDir, "c", "..", "precious"), join(runtimeDir, "c"), ""])
    await store.remove(directory);
  expect(await readdir(runtimeDir)).toContain("precious");
});

test("a socket path that no system would take is refused, and its folder removed", async () => {
  const socket = `/run/${"x".repeat(100)}`;
  const store = new ContainerFileStore(runtimeDir);
  await expect(store.prepare(options({ transport: "http", socket: `/mcp${socket}`, network: "none" }))).rejects.toThrow(
    "too long",
  );
  expect(await readdir(join(runtimeDir, "c"))).toEqual([]);
});

test("only folders that no container has and that are a minute old count as abandoned", async () => {
  const store = new ContainerFileStore(runtimeDir);
  const [used, young, old] = ["used", "young", "old"].map((name) => join(runtimeDir, "c", name));
  for (const path of [used, young, old]) await mkdir(path ?? "", { recursive: true });
  await writeFile(join(old ?? "", "0"), "secret");
  const now = (await stat(young ?? "")).mtimeMs;
  for (const path of [used, old]) await utimes(path ?? "", (now - 61_000) / 1_000, (now - 61_000) / 1_000);
  expect(await store.abandoned(new Set([used ?? ""]), now)).toEqual([old]);
});
