import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import type { JsonObject } from "../../src/model/json.ts";
import { Scope } from "../../src/model/scope.ts";
import { EngineConnector } from "../../src/runtime/engine-connector.ts";
import { sleep, systemClock } from "../../src/time/clock.ts";

const MAKE_IMAGES = fileURLToPath(new URL("../make-test-images.sh", import.meta.url));
/** Polling costs the CPU that the backend boots on. */
const POLL_MS = 5;
/** Where something answers HTTP. */
export type Place = { readonly port: number } | { readonly socketPath: string };

/** The engine's own API with nothing around it: what no gateway can be faster than. */
export interface RawEngine extends AsyncDisposable {
  /** For the registry's `engine`. */
  readonly address: string;
  ask(method: "GET" | "POST" | "DELETE", path: string, body?: JsonObject): Promise<JsonObject>;
}

/** Builds the test images and opens podman; undefined where there is none. */
export async function openRawEngine(): Promise<RawEngine | undefined> {
  const scope = new Scope();
  try {
    execFileSync(MAKE_IMAGES, { stdio: "ignore" });
    const dir = mkdtempSync(join(tmpdir(), "sp-bench-engine-"));
    scope.defer(() => rmSync(dir, { recursive: true, force: true }));
    const engines = scope.use(new EngineConnector({ clock: systemClock, runtimeDir: dir, preferred: "podman" }));
    const { socketPath } = (await engines.engine()).facts;
    const pool = new Pool("http://localhost", { connect: { socketPath } });
    scope.defer(() => pool.destroy());
    return {
      address: `unix://${socketPath}`,
      async ask(method, path, body) {
        const answer = await pool.request({
          method,
          path: `/v1.41${path}`,
          headers: body ? { "content-type": "application/json" } : {},
          body: body ? JSON.stringify(body) : null,
        });
        const text = await answer.body.text();
        if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${text}`);
        return text.startsWith("{") ? JSON.parse(text) : {};
      },
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch {
    await scope[Symbol.asyncDispose]();
    return undefined;
  }
}

/** Calls the tool of a timed backend as soon as it answers. */
export async function pollTool(place: Place): Promise<string> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } });
  for (;;) {
    const answer = (await listens(place)) ? await post(place, body) : undefined;
    if (answer !== undefined) return answer;
    await sleep(systemClock, POLL_MS);
  }
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("Cannot find a free port");
  return address.port;
}

function listens(place: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = "port" in place ? connect(place.port, "127.0.0.1") : connect(place.socketPath);
    const settle = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

function post(place: Place, body: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asking = request({ ...place, host: "localhost", path: "/mcp", method: "POST", agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.once("close", () => resolve(answer.complete ? Buffer.concat(pieces).toString("utf8") : undefined));
    });
    asking.once("error", () => resolve(undefined)); // not up yet
    asking.end(body);
  });
}
