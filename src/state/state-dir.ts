import { constants, type Stats } from "node:fs";
import { lstat, mkdir, open } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { GatewayError } from "../model/errors.ts";
import { fileFailure } from "./file-failure.ts";
import { absolute, cachePath, type Environment } from "./state-path.ts";

/** The gateway's own directories: both exist, belong to this user and are closed to everyone else. */
export interface StateDirs {
  /** What survives a restart and may be deleted at any time. */
  readonly cache: string;
  /** Leases: what is true of running processes. */
  readonly runtime: string;
}

const OTHERS = 0o077;
const HINT = "Move it away, or set SALLYPORT_STATE_DIR to a directory that you own";

/**
 * Finds and prepares the gateway's directories: `$SALLYPORT_STATE_DIR`, else `$XDG_CACHE_HOME/sallyport` or
 * `~/.cache/sallyport`; leases in `$XDG_RUNTIME_DIR/sallyport` where that directory is ours, else in `run` below the first.
 * Throws a GatewayError, mostly `needs_config`, for a directory that cannot be created or is not safe to use.
 */
export async function openStateDirs(
  env: Environment = process.env,
  home = homedir(),
  uid = process.getuid?.(),
): Promise<StateDirs> {
  const cache = await openPrivateDir(cachePath(env, home), uid);
  const session = absolute(env["XDG_RUNTIME_DIR"]);
  const usable = session !== undefined && (await belongsTo(session, uid)); // sudo and su leave another user's value behind
  const runtime = await openPrivateDir(usable ? join(session, "sallyport") : join(cache, "run"), uid);
  return { cache, runtime };
}

/**
 * Creates a directory with mode 0700 if there is none, and checks that it is a real directory owned by `uid`. Our own
 * directory is closed to group and others; anyone else's, or a symbolic link, is refused with `needs_config`.
 */
export async function openPrivateDir(path: string, uid = process.getuid?.()): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    refuseForeign(path, await lstat(path), uid);
    if (uid !== undefined) await closeToOthers(path, uid);
    return path;
  } catch (error) {
    throw fileFailure(`Cannot use "${path}" as a state directory`, error);
  }
}

async function closeToOthers(path: string, uid: number): Promise<void> {
  // through a handle: what is checked is what is changed, even if somebody swaps the name meanwhile
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const found = await handle.stat();
    refuseForeign(path, found, uid);
    if ((found.mode & OTHERS) === 0) return;
    await handle.chmod(0o700);
    if (((await handle.stat()).mode & OTHERS) !== 0)
      throw refusal(path, "other users can open it and its mode cannot be changed");
  } finally {
    await handle.close();
  }
}

function refuseForeign(path: string, found: Stats, uid: number | undefined): void {
  if (found.isSymbolicLink()) throw refusal(path, "it is a symbolic link, not a directory");
  if (!found.isDirectory()) throw refusal(path, "it is not a directory");
  if (uid !== undefined && found.uid !== uid) throw refusal(path, `it belongs to user ${found.uid}, not to user ${uid}`);
}

const refusal = (path: string, reason: string): GatewayError =>
  new GatewayError("needs_config", `Cannot use "${path}" as a state directory: ${reason}`, { hint: HINT });

async function belongsTo(path: string, uid: number | undefined): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && (uid === undefined || found.uid === uid);
}
