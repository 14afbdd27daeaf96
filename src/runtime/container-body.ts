import { dirname } from "node:path";
import type { JsonObject } from "../model/json.ts";
import type { ContainerFiles } from "./container-files.ts";
import { type ContainerLabels, writeLabels } from "./container-labels.ts";
import type { ContainerOptions } from "./container-options.ts";

/** What the create call needs besides the entry's options. */
export interface CreateParts {
  readonly labels: ContainerLabels;
  /** Mounts of the entry, already resolved and judged. */
  readonly binds: readonly string[];
  readonly files: ContainerFiles | undefined;
  readonly init: boolean;
}

const LOG_CAP = { "max-size": "1m", "max-file": "1" };

/** The body of the create call: hardened by default, nothing published except on 127.0.0.1 with a port the engine chooses. */
export function createBody(options: ContainerOptions, parts: CreateParts): JsonObject {
  const pipes = options.http === undefined;
  const port = options.http?.place.kind === "port" ? `${options.http.place.port}/tcp` : undefined;
  return {
    Image: options.image,
    ...(options.args.length > 0 ? { Cmd: options.args } : {}),
    ...(options.entrypoint ? { Entrypoint: options.entrypoint } : {}),
    ...(options.user === undefined ? {} : { User: options.user }),
    Env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`),
    Labels: writeLabels(parts.labels),
    StopTimeout: options.stopTimeoutSec,
    ...(pipes ? { OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true } : {}),
    ...(port ? { ExposedPorts: { [port]: {} } } : {}),
    HostConfig: {
      ...limits(options),
      ...(port ? { PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: "" }] } } : {}),
      Binds: [...parts.binds, ...ownBinds(options, parts.files)],
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: options.readOnly,
      Tmpfs: options.tmpfs,
      NetworkMode: options.network,
      Init: parts.init,
      // What goes over the pipes is the conversation itself: no engine log may keep a copy
      LogConfig: pipes ? { Type: "none" } : { Type: "json-file", Config: LOG_CAP },
    },
  };
}

function limits({ memoryBytes, cpus, pids }: ContainerOptions): JsonObject {
  // Equal to Memory: otherwise the engines add as much swap again
  return {
    Memory: memoryBytes,
    MemorySwap: memoryBytes,
    PidsLimit: pids,
    ...(cpus > 0 ? { NanoCpus: Math.round(cpus * 1e9) } : {}),
  };
}

function ownBinds(options: ContainerOptions, files: ContainerFiles | undefined): string[] {
  const socket = options.http?.place.kind === "socket" ? options.http.place.socket : undefined;
  return [
    ...(files?.secrets ?? []).map(({ source, target }) => `${source}:${target}:ro,z`),
    ...(files?.socketDir && socket ? [`${files.socketDir}:${dirname(socket)}:rw,z`] : []),
  ];
}
