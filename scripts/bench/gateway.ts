import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LineDriver } from "./line-driver.ts";

const BIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const HANDSHAKE = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1.0.0" } };

/** A registry and a state directory for the built gateway, and the command line that starts it there. */
export interface Installation extends Disposable {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Writes the registry into a temporary directory. Throws if nothing is built. */
export function install(mcpServers: object, settings: object = {}): Installation {
  if (!existsSync(BIN)) throw new Error("Cannot find dist/main.js; run `npm run build`");
  const dir = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  writeFileSync(join(dir, "registry.json"), JSON.stringify({ ...settings, mcpServers }));
  return {
    args: [BIN, "--registry", join(dir, "registry.json")],
    env: { ...process.env, SALLYPORT_STATE_DIR: join(dir, "state") },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Starts the installed gateway without waiting for anything. */
export const spawnGateway = (installation: Installation): LineDriver =>
  new LineDriver(process.execPath, installation.args, installation.env);

const PROBE = new URL("../soak/probe.mjs", import.meta.url).href;

/** Starts it with options for Node, and a channel for a probe inside. */
export const spawnWith = (installation: Installation, options: readonly string[]): LineDriver =>
  new LineDriver(process.execPath, [...options, ...installation.args], installation.env, true);

/** Starts it with the probe inside that a `Sampler` asks; its start is slower for that. */
export const spawnProbedGateway = (installation: Installation): LineDriver =>
  spawnWith(installation, ["--expose-gc", "--import", PROBE]);

/** The handshake of a 2025-11-25 host, ids 1. */
export async function initialize(gateway: LineDriver): Promise<void> {
  await gateway.request(1, "initialize", HANDSHAKE);
  gateway.notify("notifications/initialized");
}

/** One call of a tool as a line. */
export const callLine = (id: number, params: object): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params })}\n`;
