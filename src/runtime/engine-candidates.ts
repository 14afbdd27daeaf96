import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { isJsonObject } from "../model/json.ts";

/** A place where an engine may answer. */
export interface EngineCandidate {
  /** Undefined where the address is of a kind that cannot be used, with the reason in `problem`. */
  readonly socketPath: string | undefined;
  /** Where the address comes from: `DOCKER_HOST`, `docker context "colima"`, `usual place`. */
  readonly origin: string;
  /** What was written, where it is no usable address. */
  readonly problem?: string | undefined;
}

/** Where to look, and how far to go. */
export interface EnginePlaces {
  /** A person's own choice (registry, environment, docker context in the environment): if it fails, nothing else is tried. */
  readonly chosen: EngineCandidate | undefined;
  /** Everything else, best first. */
  readonly usual: readonly EngineCandidate[];
  /** Only an engine of this name will do. */
  readonly name: "podman" | "docker" | undefined;
}

export interface MachineFacts {
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/** The machine this process runs on. */
export const thisMachine = (): MachineFacts => ({ env: process.env, home: homedir(), platform: process.platform });

/**
 * Lists the places where an engine may answer, in the order: `preferred` (the registry's word) or SALLYPORT_ENGINE,
 * CONTAINER_HOST, DOCKER_HOST, DOCKER_CONTEXT, the current docker context, the usual sockets of the platform.
 */
export async function enginePlaces(machine: MachineFacts, preferred?: string): Promise<EnginePlaces> {
  const { env } = machine;
  const wish = preferred ?? env["SALLYPORT_ENGINE"];
  const name = wish === "podman" || wish === "docker" ? wish : undefined;
  const usual = [...(await currentContext(machine)), ...(await usualPlaces(machine))];
  if (name) return { chosen: undefined, usual, name };
  const addresses: [string, string | undefined][] = [
    [preferred === undefined ? "SALLYPORT_ENGINE" : "registry", wish],
    ["CONTAINER_HOST", env["CONTAINER_HOST"]],
    ["DOCKER_HOST", env["DOCKER_HOST"]],
  ];
  for (const [origin, written] of addresses) if (written) return { chosen: candidate(origin, written), usual, name };
  const context = env["DOCKER_CONTEXT"];
  return { chosen: context ? await contextPlace(machine, context) : undefined, usual, name };
}

function candidate(origin: string, written: string): EngineCandidate {
  const path = /^(?:unix|npipe):\/\/(.+)$/.exec(written)?.[1] ?? (/^[/\\]/.test(written) ? written : undefined);
  if (path) return { origin, socketPath: path };
  const kind = /^(\w+):\/\//.exec(written)?.[1]; // the rest may hold a password
  return {
    origin,
    socketPath: undefined,
    problem: `expected podman, docker or a unix:// socket, found ${kind ? `${kind}://` : "something else"}`,
  };
}

async function currentContext(machine: MachineFacts): Promise<EngineCandidate[]> {
  const config = await readJson(join(dockerDirectory(machine), "config.json"));
  const name = config?.["currentContext"];
  if (typeof name !== "string" || name === "default") return [];
  return [await contextPlace(machine, name)];
}

async function contextPlace(machine: MachineFacts, name: string): Promise<EngineCandidate> {
  const origin = `docker context "${name}"`;
  if (name === "default") return { origin, socketPath: "/var/run/docker.sock" };
  const folder = createHash("sha256").update(name).digest("hex");
  const meta = await readJson(join(dockerDirectory(machine), "contexts", "meta", folder, "meta.json"));
  const endpoints = isJsonObject(meta?.["Endpoints"]) ? meta["Endpoints"] : {};
  const docker = isJsonObject(endpoints["docker"]) ? endpoints["docker"] : {};
  const host = docker["Host"];
  return typeof host === "string"
    ? candidate(origin, host)
    : { origin, socketPath: undefined, problem: "the context does not exist" };
}

const dockerDirectory = ({ env, home }: MachineFacts): string => env["DOCKER_CONFIG"] ?? join(home, ".docker");

async function readJson(path: string) {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // no docker configuration, or none that can be read: the usual places remain
  }
}

async function usualPlaces({ env, home, platform }: MachineFacts): Promise<EngineCandidate[]> {
  return (await usualSockets(env, home, platform)).map((socketPath) => ({ origin: "usual place", socketPath }));
}

async function usualSockets(env: NodeJS.ProcessEnv, home: string, platform: NodeJS.Platform): Promise<string[]> {
  if (platform === "win32")
    return ["docker_engine", "podman-machine-default", "podman-api"].map((pipe) => `\\\\.\\pipe\\${pipe}`);
  if (platform === "darwin")
    return [
      join(home, ".docker/run/docker.sock"),
      join(home, ".local/share/containers/podman/machine/podman.sock"),
      ...(await machineSockets(join(env["TMPDIR"] ?? tmpdir(), "podman"))),
      join(home, ".orbstack/run/docker.sock"),
      join(home, ".colima/default/docker.sock"),
      join(home, ".rd/docker.sock"),
    ];
  const runtime = env["XDG_RUNTIME_DIR"];
  return [
    ...(runtime ? [join(runtime, "podman/podman.sock")] : []),
    "/run/podman/podman.sock",
    "/var/run/docker.sock",
    join(home, ".docker/desktop/docker.sock"),
  ];
}

async function machineSockets(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((file) => file.endsWith("-api.sock")).map((file) => join(directory, file));
  } catch {
    return []; // no podman machine
  }
}
