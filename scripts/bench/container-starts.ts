import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../src/model/json.ts";
import { Scope } from "../../src/model/scope.ts";
import { containerKind } from "../../src/runtime/container.ts";
import { createBody } from "../../src/runtime/container-body.ts";
import type { ContainerOptions } from "../../src/runtime/container-options.ts";
import { bindOf } from "../../src/runtime/container-volumes.ts";
import { freePort, type Place, pollTool, type RawEngine } from "./raw-engine.ts";
import { StartGateway } from "./start-gateway.ts";
import { marksIn, type Start, type StartMarks, wallMs } from "./start-marks.ts";

const BACKENDS = fileURLToPath(new URL("./backends", import.meta.url));
const PAUSE_AFTER_MS = 100;
const SOCKET = "/run/mcp/mcp.sock";
const COMMON = {
  image: "localhost/sallyport-test/http:1",
  transport: "http",
  args: ["/bench/timed-backend.mjs"],
  volumes: [`${BACKENDS}:/bench`],
};
const BRIDGE = { container: { ...COMMON, port: 3000 } };
/** One of the backends in a container without a network, which is reached through a unix socket. */
export const behindSocket = (backend: string) => ({
  container: { ...COMMON, args: [`/bench/${backend}.mjs`], socket: SOCKET, network: "none" },
  env: { SOCKET },
});
const NO_NETWORK = behindSocket("timed-backend");
const LABELS = {
  server: "bench",
  configHash: "bench",
  scope: "bench",
  replica: 0,
  gateway: "bench",
  transport: "http",
  port: "",
  files: "",
} as const;

/** Every way to start a container, each with its floor: the same container made by the engine's API alone. */
export async function containerStarts(engine: RawEngine, scope: Scope): Promise<Start[]> {
  const dir = mkdtempSync(join(tmpdir(), "sp-bench-"));
  scope.defer(() => rmSync(dir, { recursive: true, force: true }));
  const settings = { engine: engine.address };
  const servers = {
    bridge: BRIDGE,
    none: NO_NETWORK,
    again: { ...BRIDGE, env: { OWN: "again" } },
    parked: { ...BRIDGE, env: { OWN: "parked" }, idlePauseMs: PAUSE_AFTER_MS },
  };
  const gateway = await StartGateway.open(servers, settings, scope);
  const raw = { bridge: await rawContainer(engine, BRIDGE, dir), none: await rawContainer(engine, NO_NETWORK, dir) };
  const paused = await raw.bridge.keepPaused(scope);
  const startOf = (name: string, floor: string | undefined, run: () => Promise<StartMarks>): Start => ({
    name,
    floor,
    run,
    rounds: [],
  });
  return [
    startOf("bridge: engine API, poll", undefined, () => raw.bridge.start()),
    startOf("bridge, through the gateway", "bridge: engine API, poll", () => gateway.firstCall("bridge")),
    startOf("bridge, new gateway, never seen", "bridge: engine API, poll", () => strangersCall(settings)),
    startOf("no network: engine API, poll", undefined, () => raw.none.start()),
    startOf("no network, through the gateway", "no network: engine API, poll", () => gateway.firstCall("none")),
    startOf("stop + start: engine API, poll", undefined, () => raw.bridge.restart()),
    startOf("stop + start, through the gateway", "stop + start: engine API, poll", () => gateway.stopAndCall("again")),
    startOf("unpause: engine API, poll", undefined, paused),
    startOf("unpause, through the gateway", "unpause: engine API, poll", () => gateway.pausedCall("parked")),
  ];
}

/** A gateway that knows nothing yet: neither the engine, nor the server's era, nor its tools. */
async function strangersCall(settings: object): Promise<StartMarks> {
  await using scope = new Scope();
  const gateway = await StartGateway.open({ bridge: BRIDGE }, settings, scope);
  return await gateway.firstCall("bridge");
}

let made = 0;

async function rawContainer(engine: RawEngine, entry: JsonObject, dir: string) {
  const options = containerKind.parse({ id: "bench", fields: entry, baseDir: dir }).options as ContainerOptions;
  const binds = await Promise.all(options.volumes.map(bindOf));

  const create = async (port: number): Promise<{ readonly id: string; readonly place: Place }> => {
    made += 1;
    const socketDir = join(dir, String(made));
    mkdirSync(socketDir, { mode: 0o777 });
    const body = createBody(options, { labels: LABELS, binds, init: true, files: { directory: dir, secrets: [], socketDir } });
    const onPort = options.http?.place.kind === "port";
    const host = onPort ? { PortBindings: { "3000/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] } } : {};
    const hostConfig = { ...(body["HostConfig"] as JsonObject), ...host };
    const { Id } = await engine.ask("POST", `/containers/create?name=sp-bench-${process.pid}-${made}`, {
      ...body,
      HostConfig: hostConfig,
    });
    const id = String(Id);
    await engine.ask("POST", `/containers/${id}/start`);
    return { id, place: onPort ? { port } : { socketPath: join(socketDir, "mcp.sock") } };
  };
  const remove = (id: string) => engine.ask("DELETE", `/containers/${id}?force=true`);
  const timed = async (before: () => Promise<unknown>): Promise<StartMarks> => {
    const port = await freePort();
    const asked = wallMs();
    await before();
    const { id, place } = await create(port);
    const answer = await pollTool(place);
    const done = wallMs();
    await remove(id);
    return { asked, ...marksIn(answer), answered: done, done };
  };

  return {
    start: () => timed(() => Promise.resolve()),
    async restart() {
      const { id, place } = await create(await freePort());
      await pollTool(place);
      return await timed(async () => {
        await engine.ask("POST", `/containers/${id}/stop?t=3`);
        await remove(id);
      });
    },
    /** One container that is paused between the rounds. */
    async keepPaused(scope: Scope): Promise<() => Promise<StartMarks>> {
      const { id, place } = await create(await freePort());
      scope.defer(async () => void (await remove(id)));
      await pollTool(place);
      await engine.ask("POST", `/containers/${id}/pause`);
      return async () => {
        const asked = wallMs();
        await engine.ask("POST", `/containers/${id}/unpause`);
        await pollTool(place);
        const done = wallMs();
        await engine.ask("POST", `/containers/${id}/pause`);
        return { asked, begun: asked, listening: asked, answered: asked, done };
      };
    },
  };
}
