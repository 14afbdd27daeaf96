import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Imports a package that only comparisons need; undefined where it is not installed. */
export type LoadPackage = <T>(name: string) => Promise<T | undefined>;

/** A loader that looks in our own node_modules, or in those of `dir`. */
export function packageLoader(dir?: string): LoadPackage {
  const find = dir === undefined ? undefined : createRequire(join(resolve(dir), "package.json")).resolve;
  return async <T>(name: string) => {
    try {
      return (await import(find ? pathToFileURL(find(name)).href : name)) as T;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
}

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^(?:ERR_)?MODULE_NOT_FOUND$/.test(String(error.code));
