import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../src/model/json.ts";

const file = (name: string): string => fileURLToPath(new URL(`../fixtures/backends/${name}`, import.meta.url));

const entry = (name: string, isHttp: boolean, env: Readonly<Record<string, string>> = {}): JsonObject => ({
  command: process.execPath,
  args: [file(name)],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the registry expands it
  env: { ...env, ...(isHttp && { PORT: "${PORT}" }) },
  ...(isHttp && { transport: "http", path: "/" }),
});

/** Entries of a legacy server that asks its host in the middle of calls. */
export const pushing = (isHttp: boolean, env: Readonly<Record<string, string>> = {}): JsonObject =>
  entry("asking-legacy.mjs", isHttp, env);

/** Entries of a modern server that asks its host by its answers. */
export const returning = (isHttp: boolean): JsonObject => entry("asking-modern.mjs", isHttp);

/** One of each, by era and transport. */
export const ASKING_SERVERS: Readonly<Record<string, JsonObject>> = {
  "legacy-stdio": pushing(false),
  "legacy-http": pushing(true),
  "modern-stdio": returning(false),
  "modern-http": returning(true),
};
