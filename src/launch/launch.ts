#!/usr/bin/env node
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import manifest from "../../package.json" with { type: "json" };
import { systemClock } from "../time/clock.ts";
import { Chunks } from "./chunks.ts";
import { KeptCode } from "./kept-code.ts";

/** What Node has of it from 22.1 on. */
interface CompileCache {
  readonly enableCompileCache?: (directory: string) => unknown;
}

/** By then what a start needs has run; V8 drops the code of functions that have not for a while. */
const KEEP_AFTER_MS = 60_000;
/** Writing one chunk takes some 5 ms, in which nothing else happens. */
const KEEP_NEXT_MS = 50;

const kept = new KeptCode(manifest.version);
const directory = fileURLToPath(new URL("./chunks/", import.meta.url));
const require = createRequire(import.meta.url);
const chunks = new Chunks({ directory, kept, require });

const keepInTurn = (): void => {
  if (chunks.keepOne()) systemClock.after(KEEP_NEXT_MS, keepInTurn).unref();
};
systemClock.after(KEEP_AFTER_MS, keepInTurn).unref();
process.once("exit", () => {
  while (chunks.keepOne());
});
keepPackages(require("node:module") as CompileCache);
chunks.load("./program.js");

/** Node itself can keep the packages' code from 22.1 on; a person's own choice of a directory stands. */
function keepPackages({ enableCompileCache }: CompileCache): void {
  const { packages } = kept;
  if (packages !== undefined && !process.env["NODE_COMPILE_CACHE"]) enableCompileCache?.(packages);
}
