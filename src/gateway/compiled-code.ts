import { lstatSync, readdirSync, rmSync } from "node:fs";
import * as nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { cachePath, type Environment } from "../state/state-path.ts";

const OTHERS = 0o077;
/** A version of ours, or of Node in front of its platform. */
const OF_A_VERSION = /^v?\d+\.\d+\.\d+/;

/** What Node has of it from 22.1 on. */
interface CompileCache {
  readonly enableCompileCache?: (directory: string) => unknown;
}

/**
 * Lets Node keep the compiled form of what is loaded from now on, and take it from there the next time: a quarter of the way to a
 * process' first search is compiling. Where Node cannot, and as long as there is no directory of ours that is closed to everybody else, nothing
 * happens: kept code is code that is run. What other versions of ours have kept goes, since Node clears nothing away.
 * `NODE_COMPILE_CACHE` and `NODE_DISABLE_COMPILE_CACHE` outweigh it.
 */
export function keepCompiledCode(
  version: string,
  env: Environment = process.env,
  { enableCompileCache }: CompileCache = nodeModule as CompileCache,
  uid = process.getuid?.(),
): void {
  const directory = cachePath(env, homedir());
  if (!enableCompileCache || env["NODE_COMPILE_CACHE"] || !isOurs(directory, uid)) return;
  const kept = join(directory, "compiled");
  clearAllBut(version, kept);
  enableCompileCache(join(kept, version));
}

/** Behind a link the room is somebody else's. */
function clearAllBut(version: string, kept: string): void {
  try {
    const names = lstatSync(kept).isDirectory() ? readdirSync(kept) : [];
    const others = names.filter((name) => name !== version && OF_A_VERSION.test(name));
    for (const name of others) rmSync(join(kept, name), { recursive: true, force: true });
  } catch {
    // nothing was kept yet, or it cannot be read: it costs room and nothing else
  }
}

/** A gateway makes it so when it opens its state; before the first has, nothing is kept. */
function isOurs(directory: string, uid: number | undefined): boolean {
  try {
    const found = lstatSync(directory);
    return found.isDirectory() && (found.mode & OTHERS) === 0 && (uid === undefined || found.uid === uid);
  } catch {
    return false;
  }
}
