import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { invalidField } from "./entry-fields.ts";

/** One mount of an entry. */
export interface Volume {
  /** An absolute path of the host, or the name of a volume that the engine keeps. */
  readonly source: string;
  readonly kind: "path" | "named";
  /** Absolute path inside the container. */
  readonly target: string;
  readonly readOnly: boolean;
  /** SELinux relabelling, as the engines write it; empty for none. */
  readonly relabel: "" | "z" | "Z";
}

const PARTS = /^([A-Za-z]:[\\/][^:]*|[^:]+):(\/[^:]*)(?::([a-zA-Z,]+))?$/;
const NAMED = /^[A-Za-z0-9][\w.-]*$/;
const OPTIONS = new Set(["ro", "rw", "z", "Z"]);

/** Reads `src:dst[:ro|rw][,z|Z]`; read-only unless it says rw. Relative paths start at the registry file, `~` is the home. */
export function parseVolume(written: string, baseDir: string, field: string): Volume {
  const [, source = "", target = "", suffix = ""] = PARTS.exec(written) ?? [];
  const options = suffix === "" ? [] : suffix.split(",");
  if (!source || options.some((option) => !OPTIONS.has(option)))
    throw invalidField(field, `expected "source:/target" or "source:/target:rw", found ${JSON.stringify(written)}`);
  const kind = NAMED.test(source) ? "named" : "path";
  const volume: Volume = {
    source:
      kind === "named"
        ? source
        : resolve(
            baseDir,
            source.replace(/^~(?=[/\\]|$)/, () => homedir()),
          ),
    kind,
    target,
    readOnly: !options.includes("rw"),
    relabel: options.includes("Z") ? "Z" : options.includes("z") ? "z" : "",
  };
  if (kind === "path") refuseDangerous(volume.source, field);
  return volume;
}

/** The volume as the engine takes it, its source resolved through all links; throws `invalid_argument` if it is missing or denied. */
export async function bindOf(volume: Volume): Promise<string> {
  const options = [volume.readOnly ? "ro" : "rw", volume.relabel].filter(Boolean).join(",");
  if (volume.kind === "named") return `${volume.source}:${volume.target}:${options}`;
  const source = await realpath(volume.source).catch(() => {
    throw invalidField(
      "container.volumes",
      `"${volume.source}" does not exist`,
      "Create it first: an engine would make an empty one",
    );
  });
  refuseDangerous(source, "container.volumes");
  return `${source}:${volume.target}:${options}`;
}

const SYSTEM = ["/boot", "/dev", "/etc/shadow", "/etc/sudoers", "/proc", "/sys", "/var/lib/containers", "/var/lib/docker"];
const SOCKETS = ["/run/containerd", "/run/docker.sock", "/run/podman", "/run/crio", "/var/run/docker.sock", "/var/run/podman"];
const AT_HOME = [".aws", ".azure", ".config/gcloud", ".docker", ".gnupg", ".kube", ".netrc", ".npmrc", ".password-store", ".ssh"];
const SOCKET_NAME = /(?:docker|podman|containerd|crio|-api|docker\.raw)\.sock$/;

/**
 * Refuses a path that would hand over keys, the engine or the machine: a denied one, anything inside it, and any folder
 * that contains it, such as the home directory or `/`.
 */
function refuseDangerous(path: string, field: string): void {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  const denied = [...SYSTEM, ...SOCKETS, ...AT_HOME.map((name) => join(homedir(), name)), ...(runtime ? [runtime] : [])];
  const hit = SOCKET_NAME.test(basename(path)) ? path : denied.find((one) => contains(one, path) || contains(path, one));
  if (hit === undefined) return;
  const why = hit === path || contains(hit, path) ? "it gives away keys or the machine itself" : `it contains "${hit}"`;
  throw invalidField(field, `"${path}" may not be mounted: ${why}`, "Mount only the folder the server needs");
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}
