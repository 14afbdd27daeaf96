import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Scope } from "../../src/model/scope.ts";
import { LineDriver } from "./line-driver.ts";

/** Where the program of a backend lies. */
export const backendFile = (name: string): string => fileURLToPath(new URL(`backends/${name}.mjs`, import.meta.url));

/** Starts an HTTP backend, the fast one if none is named, and gives back its URL; the scope ends it. */
export async function startHttpBackend(scope: Scope, name = "http-backend"): Promise<string> {
  const { child } = scope.use(new LineDriver(process.execPath, [backendFile(name)]));
  if (!child.stdout) throw new Error("Expected a piped stdout");
  const [url] = await once(createInterface({ input: child.stdout }), "line");
  return String(url);
}
