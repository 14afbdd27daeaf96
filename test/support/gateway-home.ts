import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../src/model/json.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const BIN = join(REPOSITORY, "dist", "main.js");

/** A command line and its environment, as a host writes it into its configuration. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A registry file and a state directory of their own, and how to start the built gateway on them. */
export interface GatewayHome extends Launch, AsyncDisposable {
  readonly dir: string;
  readonly registryFile: string;
  readonly stateDir: string;
}

/** Writes `registry` into a new temporary directory; disposing the home removes all of it. Throws if nothing is built. */
export async function createGatewayHome(registry: JsonObject, env: Readonly<Record<string, string>> = {}): Promise<GatewayHome> {
  if (!existsSync(BIN)) throw new Error(`Cannot start the gateway: ${BIN} does not exist; run \`npm run build\``);
  const dir = await mkdtemp(join(tmpdir(), "sallyport-e2e-"));
  const registryFile = join(dir, "registry.json");
  const stateDir = join(dir, "state");
  await writeFile(registryFile, JSON.stringify(registry, null, 2));
  return {
    dir,
    registryFile,
    stateDir,
    command: process.execPath,
    args: [BIN, "--registry", registryFile],
    env: { PATH: process.env["PATH"] ?? "", HOME: dir, SALLYPORT_STATE_DIR: stateDir, ...env },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
}
