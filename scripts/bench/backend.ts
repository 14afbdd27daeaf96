import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Scope } from "../../src/model/scope.ts";
import { LineDriver } from "./line-driver.ts";

/** Where the program of a backend lies. */
export const backendFile = (name: string): string => fileURLToPath(new URL(`backends/${name}.mjs`, import.meta.url));

/** Starts the fast HTTP backend and gives back its URL; the scope ends it. */
export async function startHttpBackend(scope: Scope): Promise<string> {
  const { child } = scope.use(new LineDriver(process.execPath, [backendFile("http-backend")]));
  if (!child.stdout) throw new Error("Expected a piped stdout");
  const [url] = await once(createInterface({ input: child.stdout }), "line");
  return String(url);
}
