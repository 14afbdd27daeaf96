import { isAbsolute, join, resolve } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the gateway keeps what may be deleted: `$SALLYPORT_STATE_DIR`, else `$XDG_CACHE_HOME/sallyport` or `~/.cache/sallyport`. */
export function cachePath(env: Environment, home: string): string {
  const chosen = env["SALLYPORT_STATE_DIR"];
  if (chosen) return resolve(chosen);
  return join(absolute(env["XDG_CACHE_HOME"]) ?? join(home, ".cache"), "sallyport");
}

/** A path of the XDG base directory specification, which has relative ones ignored. */
export const absolute = (path: string | undefined): string | undefined => (path && isAbsolute(path) ? path : undefined);
