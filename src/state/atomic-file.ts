import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileFailure } from "./file-failure.ts";

const TEMP = /^\..+\.[0-9a-f]{12}\.tmp$/;

/**
 * Writes a whole file, with mode 0600 unless another is given, or leaves the old one as it was: a new file beside it, flushed to
 * the disk, then renamed over it. A symbolic link in its place is replaced, never followed. Throws `resource_exhausted` on a
 * full disk.
 */
export async function writeFileAtomically(path: string, text: string | readonly string[], mode = 0o600): Promise<void> {
  const temp = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await writeNew(temp, text, mode);
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true }).catch(() => {}); // the first error is the one to report
    throw fileFailure(`Cannot write "${path}"`, error);
  }
}

async function writeNew(path: string, text: string | readonly string[], mode: number): Promise<void> {
  const handle = await open(path, "wx", mode);
  try {
    if (mode !== 0o600) await handle.chmod(mode); // the umask may have taken some of it
    await writeFile(handle, text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what writers that were killed left in a directory: temporary files last touched before `before` (ms since 1970). */
export async function removeAbandonedTemps(directory: string, before: number): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((each) => TEMP.test(each))) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found && found.mtimeMs < before) await rm(path, { force: true }).catch(() => {});
  }
}
