import { chmod, lstat, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { openPrivateDir, openStateDirs } from "../../../src/state/state-dir.ts";
import { tempDir } from "./temp-dir.ts";

const uid = process.getuid?.() ?? 0;
const modeOf = async (path: string) => (await lstat(path)).mode & 0o777;

describe("where the directories are", () => {
  test("both are below the home directory when the environment says nothing", async () => {
    const home = await tempDir();
    const dirs = await openStateDirs({}, home);
    expect(dirs).toEqual({ cache: join(home, ".cache/sallyport"), runtime: join(home, ".cache/sallyport/run") });
    expect(await modeOf(dirs.cache)).toBe(0o700);
    expect(await modeOf(dirs.runtime)).toBe(0o700);
  });

  test("the XDG directories are used where they are absolute", async () => {
    const base = await tempDir();
    const env = { XDG_CACHE_HOME: join(base, "cache"), XDG_RUNTIME_DIR: base };
    expect(await openStateDirs(env, "/nowhere")).toEqual({
      cache: join(base, "cache/sallyport"),
      runtime: join(base, "sallyport"),
    });
    const home = await tempDir();
    const relative = { XDG_CACHE_HOME: "cache", XDG_RUNTIME_DIR: "run" };
    expect((await openStateDirs(relative, home)).runtime).toBe(join(home, ".cache/sallyport/run"));
  });

  test("SALLYPORT_STATE_DIR wins over XDG_CACHE_HOME, also as a relative path", async () => {
    const base = await tempDir();
    const chosen = join(base, "chosen");
    expect((await openStateDirs({ SALLYPORT_STATE_DIR: chosen, XDG_CACHE_HOME: base }, base)).cache).toBe(chosen);
    const relative = join(base, "x").slice(1);
    const steps = "../".repeat(resolve(".").split("/").length);
    expect((await openStateDirs({ SALLYPORT_STATE_DIR: steps + relative }, base)).cache).toBe(join(base, "x"));
  });

  test("a session directory that is missing or another user's is passed over", async () => {
    const base = await tempDir();
    const missing = { SALLYPORT_STATE_DIR: join(base, "s"), XDG_RUNTIME_DIR: join(base, "gone") };
    expect((await openStateDirs(missing, base)).runtime).toBe(join(base, "s/run"));
    const foreign = { SALLYPORT_STATE_DIR: join(base, "s"), XDG_RUNTIME_DIR: uid === 0 ? await foreignDir(base) : "/" };
    expect((await openStateDirs(foreign, base)).runtime).toBe(join(base, "s/run"));
  });
});

async function foreignDir(base: string): Promise<string> {
  const { chown } = await import("node:fs/promises");
  const path = join(base, "foreign");
  await mkdir(path);
  await chown(path, 12_345, 12_345);
  return path;
}

describe("a directory is checked before it is used", () => {
  test("opening it twice is fine and keeps what is in it", async () => {
    const path = join(await tempDir(), "a/b");
    await openPrivateDir(path);
    await writeFile(join(path, "kept"), "x");
    expect(await openPrivateDir(path)).toBe(path);
    expect(await readFile(join(path, "kept"), "utf8")).toBe("x");
  });

  test.each([0o755, 0o777, 0o770, 0o701, 0o710, 0o720])("our own directory with mode %o is closed to others", async (mode) => {
    const path = join(await tempDir(), "open");
    await mkdir(path);
    await chmod(path, mode);
    await openPrivateDir(path);
    expect(await modeOf(path)).toBe(0o700);
  });

  test("a planted symbolic link is refused and what it points to is left alone", async () => {
    const base = await tempDir();
    const [target, link] = [join(base, "target"), join(base, "link")];
    await mkdir(target);
    await chmod(target, 0o755);
    await symlink(target, link);
    await expect(openPrivateDir(link)).rejects.toMatchObject({
      code: "needs_config",
      message: `Cannot use "${link}" as a state directory: it is a symbolic link, not a directory`,
      hint: expect.stringContaining("SALLYPORT_STATE_DIR"),
    });
    expect(await modeOf(target)).toBe(0o755);
  });

  test("a dangling link and a file in the place of the directory are refused", async () => {
    const base = await tempDir();
    await symlink(join(base, "nothing"), join(base, "dangling"));
    await writeFile(join(base, "file"), "");
    for (const name of ["dangling", "file", "file/below"]) {
      await expect(openPrivateDir(join(base, name))).rejects.toMatchObject({ name: "GatewayError", code: "needs_config" });
    }
  });

  test("another user's directory is refused and keeps its mode", async () => {
    const path = join(await tempDir(), "theirs");
    await mkdir(path);
    await chmod(path, 0o755);
    await expect(openPrivateDir(path, uid + 1)).rejects.toMatchObject({
      code: "needs_config",
      message: expect.stringContaining(`it belongs to user ${uid}, not to user ${uid + 1}`),
    });
    expect(await modeOf(path)).toBe(0o755);
  });
});
