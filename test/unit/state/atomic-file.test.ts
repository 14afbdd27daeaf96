import { execFile, execFileSync } from "node:child_process";
import { lstat, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { removeAbandonedTemps, writeFileAtomically } from "../../../src/state/atomic-file.ts";
import { tempDir } from "./temp-dir.ts";

const MODULE = new URL("../../../src/state/atomic-file.ts", import.meta.url).pathname;

test("a file is written whole, readable by its owner only, and nothing else is left", async () => {
  const directory = await tempDir();
  const path = join(directory, "state");
  await writeFileAtomically(path, "first");
  await writeFileAtomically(path, "second ✓");
  expect(await readFile(path, "utf8")).toBe("second ✓");
  expect((await lstat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(["state"]);
});

test("a planted symbolic link is replaced and its target is not touched", async () => {
  const directory = await tempDir();
  const [target, path] = [join(directory, "target"), join(directory, "state")];
  await writeFile(target, "theirs");
  await symlink(target, path);
  await writeFileAtomically(path, "ours");
  expect((await lstat(path)).isFile()).toBe(true);
  expect(await readFile(target, "utf8")).toBe("theirs");
});

test("many writers leave one whole text and no other file", async () => {
  const directory = await tempDir();
  const path = join(directory, "state");
  const texts = Array.from({ length: 40 }, (_, index) => String(index).repeat(20_000));
  await Promise.all(texts.map((text) => writeFileAtomically(path, text)));
  expect(texts).toContain(await readFile(path, "utf8"));
  expect(await readdir(directory)).toEqual(["state"]);
});

test("a failed rename removes the new file and names the reason", async () => {
  const directory = await tempDir();
  await mkdir(join(directory, "state/full"), { recursive: true });
  await expect(writeFileAtomically(join(directory, "state"), "x")).rejects.toMatchObject({
    name: "GatewayError",
    message: expect.stringContaining("it is a directory"),
  });
  expect(await readdir(directory)).toEqual(["state"]);
});

test("a missing directory is named", async () => {
  const path = join(await tempDir(), "gone/state");
  await expect(writeFileAtomically(path, "x")).rejects.toMatchObject({
    code: "needs_config",
    message: `Cannot write "${path}": it does not exist`,
  });
});

test("a write that breaks off half way keeps the old file and removes the new one", async () => {
  const directory = await tempDir();
  const path = join(directory, "state");
  await writeFileAtomically(path, "old");
  const script = `import { writeFileAtomically } from ${JSON.stringify(MODULE)};
    await writeFileAtomically(process.argv[1], "x".repeat(1_000_000)).catch((error) => process.stdout.write(error.code));`;
  const limited = 'trap "" XFSZ; ulimit -f 16; exec "$@"'; // a limit on file sizes breaks a write at 8 or 16 KiB without being root
  const args = ["-c", limited, "sh", process.execPath, "--import", "tsx", "--input-type=module", "-e", script, path];
  const { stdout } = await promisify(execFile)("sh", args, { env: { ...process.env, TSX_DISABLE_CACHE: "1" } });
  expect(stdout).toBe("resource_exhausted");
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(directory)).toEqual(["state"]);
});

test("a full disk keeps the old file, removes the new one, and says so", async ({ skip }) => {
  const directory = await tempDir();
  if (!mountSmallDisk(directory)) return skip("needs the right to mount a tmpfs");
  const path = join(directory, "state");
  await writeFileAtomically(path, "old");
  await expect(writeFileAtomically(path, "x".repeat(1_000_000))).rejects.toMatchObject({
    code: "resource_exhausted",
    message: `Cannot write "${path}": no space is left on the device`,
    cause: expect.objectContaining({ code: "ENOSPC" }),
  });
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(directory)).toEqual(["state"]);
  await writeFileAtomically(path, "new");
  expect(await readFile(path, "utf8")).toBe("new");
});

function mountSmallDisk(directory: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", directory], { stdio: "ignore" });
  } catch {
    return false;
  }
  onTestFinished(() => void execFileSync("umount", [directory]));
  return true;
}

test("what killed writers left is removed once it is old, and nothing else", async () => {
  const directory = await tempDir();
  const [old, young, other] = [".state.0123456789ab.tmp", ".state.ba9876543210.tmp", "notes.tmp"];
  for (const name of [old, young, other]) await writeFile(join(directory, name), "");
  for (const name of [old, other]) await utimes(join(directory, name), 1_000, 1_000);
  await removeAbandonedTemps(directory, 2_000_000);
  expect((await readdir(directory)).sort()).toEqual([young, other].sort());
  await rm(directory, { recursive: true });
  await removeAbandonedTemps(directory, 2_000_000); // a missing directory holds nothing to remove
});
