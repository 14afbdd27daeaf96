import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Environment } from "./variable-sources.ts";

/** Where a registry may be named. */
export interface RegistryPlaces {
  /** The value of `--registry`. */
  readonly flag?: string | undefined;
  /** Default: `process.env`. */
  readonly env?: Environment | undefined;
  /** Default: `process.cwd()`. */
  readonly cwd?: string | undefined;
}

/**
 * The absolute path of the registry file, whether or not it exists: `--registry`, else SALLYPORT_REGISTRY, else
 * `sallyport/registry.json` in the user's config directory. Never the working directory by itself: a registry names
 * commands to run, and hosts start us inside projects that others wrote.
 */
export function findRegistryFile({ flag, env = process.env, cwd = process.cwd() }: RegistryPlaces): string {
  const home = env["HOME"] || homedir();
  const named = flag || env["SALLYPORT_REGISTRY"];
  if (named) return named.startsWith("~/") ? join(home, named.slice(2)) : resolve(cwd, named);
  return join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "sallyport", "registry.json");
}
