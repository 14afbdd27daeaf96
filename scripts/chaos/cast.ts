import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../src/model/json.ts";
import type { Backstage } from "./backstage.ts";

/** One backend of the play. Faults strike the faulted ones only; nothing may ever go wrong with the calm ones. */
export interface Role {
  readonly name: string;
  /** A child of the gateway over pipes or over a port, or a process of our own behind a `url`. */
  readonly runs: "stdio" | "http" | "url";
  readonly era: "legacy" | "modern";
  readonly calm: boolean;
}

/** The backend that reloads take out of the registry and put back. */
export const GUEST = "guest";

export const ROLES: readonly Role[] = [
  { name: "pipes-legacy", runs: "stdio", era: "legacy", calm: false },
  { name: "pipes-modern", runs: "stdio", era: "modern", calm: false },
  { name: "port-legacy", runs: "http", era: "legacy", calm: false },
  { name: "url-legacy", runs: "url", era: "legacy", calm: false },
  { name: "url-modern", runs: "url", era: "modern", calm: false },
  { name: GUEST, runs: "stdio", era: "legacy", calm: false },
  { name: "calm-pipes", runs: "stdio", era: "legacy", calm: true },
  { name: "calm-url", runs: "url", era: "modern", calm: true },
];

/** How long a backend may take for a call before the gateway gives up, in ms. */
export const CALL_TIMEOUT_MS = 2_000;
const DRAIN_MS = 1_000;

const program = (name: string): string => fileURLToPath(new URL(`backends/${name}.mjs`, import.meta.url));

/** A registry entry for a ledger backend that is a child of the gateway. */
export const stdioLedger = (backstage: Backstage, name: string): JsonObject => ({
  command: process.execPath,
  args: [program("ledger-stdio")],
  env: backstage.env(name),
});

/** A ledger backend behind an address that stays the same when it is killed and comes back. */
export class UrlBackend implements AsyncDisposable {
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #url = "";

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = { ...process.env, ...env };
  }

  get url(): string {
    return this.#url;
  }

  /** Starts it, again on the port it had before. */
  async start(): Promise<void> {
    const port = this.#url === "" ? "0" : new URL(this.#url).port;
    const stdio: ["ignore", "pipe", "inherit"] = ["ignore", "pipe", "inherit"];
    const child = spawn(process.execPath, [program("ledger-http")], { env: { ...this.#env, PORT: port }, stdio });
    this.#child = child;
    const [url] = await once(createInterface({ input: child.stdout }), "line");
    this.#url = String(url);
  }

  /** Starts it if it has been killed. */
  async revive(): Promise<void> {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
}

/** The registry of the play: with or without the guest; a new mark makes an entry another one. */
export function registryOf(
  backstage: Backstage,
  urls: ReadonlyMap<string, UrlBackend>,
  guest: boolean,
  marks: ReadonlyMap<string, number>,
): JsonObject {
  const entries = ROLES.filter(({ name }) => guest || name !== GUEST).map((role): [string, JsonObject] => [
    role.name,
    {
      ...placeOf(role, backstage, urls),
      protocolEra: role.era,
      description: `Ledger, mark ${marks.get(role.name) ?? 0}`,
      tools: { overrides: { read: { readOnly: true } } },
    },
  ]);
  const defaults = { callTimeoutMs: CALL_TIMEOUT_MS, drainMs: DRAIN_MS };
  return { defaults, mcpServers: Object.fromEntries(entries) };
}

function placeOf({ name, runs }: Role, backstage: Backstage, urls: ReadonlyMap<string, UrlBackend>): JsonObject {
  if (runs === "url") return { url: urls.get(name)?.url ?? "" };
  if (runs === "stdio") return stdioLedger(backstage, name);
  const env = backstage.env(name);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the gateway fills it in
  return { command: process.execPath, args: [program("ledger-http")], env: { ...env, PORT: "${PORT}" }, transport: "http" };
}
