import * as z from "zod/mini";
import { described } from "../model/described.ts";
import type { ParsedEntry, RuntimeKind } from "../model/ports.ts";
import { parseBytes } from "../model/units.ts";
import { parseVolume, type Volume } from "./container-volumes.ts";
import { checkHeaders, invalidField, readFields, SHARED_SHAPE } from "./entry-fields.ts";

/** Where an image serves MCP over HTTP: on a port of its network, or on a unix socket when it has none. */
export type HttpPlace = { readonly kind: "port"; readonly port: number } | { readonly kind: "socket"; readonly socket: string };

/** How a backend is run as a container; every default is filled in. */
export interface ContainerOptions {
  readonly image: string;
  readonly args: readonly string[];
  readonly entrypoint: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Undefined for an image that speaks over its stdin and stdout. */
  readonly http:
    | { readonly place: HttpPlace; readonly path: string; readonly headers: Readonly<Record<string, string>> }
    | undefined;
  readonly volumes: readonly Volume[];
  /** Values by the absolute path of the file they are in, inside the container. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  /** 0: no limit. */
  readonly cpus: number;
  readonly pids: number;
  readonly user: string | undefined;
  readonly network: string;
  readonly readOnly: boolean;
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly init: boolean;
  readonly pull: "never" | "missing";
  readonly stopTimeoutSec: number;
}

const inside = () => z.string().check(z.startsWith("/"));

const Container = z.object({
  image: described(
    z.string().check(z.regex(/^[\w][\w.\-/:@]*$/, "expected an image name")),
    "Image to run, best pinned by digest: name@sha256:…",
  ),
  transport: z.optional(
    described(z.enum(["stdio", "http", "sse"]), "How the image speaks MCP; without it stdio, as most images do"),
  ),
  port: z.optional(
    described(
      z.int().check(z.minimum(1), z.maximum(65_535)),
      "Port the image listens on; published on 127.0.0.1 only, on a free port",
    ),
  ),
  socket: z.optional(described(inside(), 'Unix socket the image listens on instead of a port; works with "network": "none"')),
  path: z.optional(described(inside(), "Path of the MCP endpoint, /mcp without it")),
  args: z.optional(described(z.array(z.string()), "Arguments after the image's entrypoint, in place of its own command")),
  entrypoint: z.optional(
    described(z.array(z.string()).check(z.minLength(1)), "Program and arguments in place of the image's entrypoint"),
  ),
  volumes: z.optional(
    described(
      z.array(z.string()),
      'Mounts as "source:/target", read-only unless ":rw" is added; keys and engine sockets are refused',
    ),
  ),
  secrets: z.optional(
    described(
      z.record(inside(), z.string()),
      "Values by file inside the container, mounted read-only; unlike env they show in no inspect output",
    ),
  ),
  memory: z.optional(described(z.string(), 'Memory limit such as "512m", which is the default; swap is not added to it')),
  cpus: z.optional(described(z.number().check(z.minimum(0)), "CPUs the container may use, 1 without it; 0 for no limit")),
  pids: z.optional(described(z.int().check(z.minimum(1)), "Most processes and threads, 256 without it")),
  user: z.optional(
    described(z.string().check(z.minLength(1)), "User inside the container, name or uid[:gid]; without it the image's own"),
  ),
  network: z.optional(
    described(
      z.string().check(z.minLength(1)),
      '"bridge" (default), "none", or the name of a network; the host\'s own is refused',
    ),
  ),
  readOnly: z.optional(described(z.boolean(), "Whether the image's file system is read-only, true without it")),
  tmpfs: z.optional(
    described(z.array(inside()), 'Folders in memory, ["/tmp"] without it; "/tmp:size=256m" sets the size, which is else 64m'),
  ),
  init: z.optional(described(z.boolean(), "Whether a small init process passes signals on and reaps children, true without it")),
  pull: z.optional(
    described(
      z.enum(["never", "missing"]),
      '"missing" pulls an absent image at start; without it nothing is ever pulled by a call',
    ),
  ),
  stopTimeoutSec: z.optional(
    described(z.int().check(z.minimum(0), z.maximum(600)), "Seconds between SIGTERM and SIGKILL at a stop, 3 without it"),
  ),
});

const shape = { container: described(Container, "Runs the server from a container image, with podman or Docker") };

/** The runtime of entries with a `container`: an image run by podman or Docker. */
export const containerKind: RuntimeKind = {
  kind: "container",
  key: "container",
  shape,
  expand: ["env", "headers", "container.args", "container.volumes", "container.secrets"],
  reserved: [],
  parse(entry) {
    const fields = readFields({ ...shape, ...SHARED_SHAPE }, entry.fields);
    const transport = fields.container.transport ?? fields.transport ?? "stdio";
    const headers = fields.headers ?? {};
    checkHeaders(headers);
    const http = transport === "stdio" ? undefined : { ...httpPlace(fields.container, transport), headers };
    if (!http) refuseHttpOnly(fields.container);
    return {
      options: { ...settings(fields.container, entry), env: fields.env ?? {}, http } satisfies ContainerOptions,
      transport,
    };
  },
};

type Written = z.infer<typeof Container>;

function settings(written: Written, entry: ParsedEntry): Omit<ContainerOptions, "env" | "http"> {
  return {
    image: written.image,
    args: written.args ?? [],
    entrypoint: written.entrypoint,
    volumes: (written.volumes ?? []).map((volume, index) => parseVolume(volume, entry.baseDir, `container.volumes.${index}`)),
    secrets: written.secrets ?? {},
    memoryBytes: memory(written.memory ?? "512m"),
    cpus: written.cpus ?? 1,
    pids: written.pids ?? 256,
    user: written.user,
    network: network(written.network ?? "bridge"),
    readOnly: written.readOnly ?? true,
    tmpfs: Object.fromEntries((written.tmpfs ?? ["/tmp"]).map(tmpfs)),
    init: written.init ?? true,
    pull: written.pull ?? "never",
    stopTimeoutSec: written.stopTimeoutSec ?? 3,
  };
}

function httpPlace(written: Written, transport: "http" | "sse"): { readonly place: HttpPlace; readonly path: string } {
  const path = written.path ?? (transport === "sse" ? "/sse" : "/mcp");
  if (written.port !== undefined && written.socket !== undefined)
    throw invalidField("container.socket", "stands beside a port: expected only one of both");
  if (written.socket !== undefined) {
    if (!/[^/]\/[^/]+$/.test(written.socket))
      throw invalidField("container.socket", "expected a file inside a folder, such as /run/mcp/mcp.sock");
    return { place: { kind: "socket", socket: written.socket }, path };
  }
  if (written.port === undefined)
    throw invalidField(
      "container.port",
      `is missing: an image with transport "${transport}" needs the port it listens on`,
      'Add "port": 3000, or say "transport": "stdio"',
    );
  if (written.network === "none")
    throw invalidField("container.network", 'a port cannot be reached with "none"', 'Use "socket" instead of "port"');
  return { place: { kind: "port", port: written.port }, path };
}

function refuseHttpOnly(written: Written): void {
  const found = (["port", "path", "socket"] as const).find((key) => written[key] !== undefined);
  if (found)
    throw invalidField(
      `container.${found}`,
      'is used only with "transport": "http", but the transport is stdio',
      'Add "transport": "http" to the container',
    );
}

function memory(written: string): number {
  const bytes = parseBytes(written);
  if (bytes === undefined || bytes < 6 * 2 ** 20)
    throw invalidField("container.memory", `expected a size of at least 6m, found ${JSON.stringify(written)}`);
  return bytes;
}

function network(name: string): string {
  if (/^(?:bridge|none|[A-Za-z0-9][\w.-]*)$/.test(name) && name !== "host") return name;
  throw invalidField(
    "container.network",
    `${JSON.stringify(name)} is refused`,
    'Use "bridge", "none" or the name of a network; a container gets no other namespace',
  );
}

function tmpfs(written: string): readonly [string, string] {
  const [path = "", options] = written.split(":", 2);
  return [path, options ?? "size=64m,mode=1777"];
}
