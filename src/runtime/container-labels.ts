import { createHash } from "node:crypto";
import type { BackendSpec } from "../model/backend-spec.ts";

const PREFIX = "io.sallyport.";

/** What a container of ours carries as labels: who made it and for which entry. */
export interface ContainerLabels {
  readonly server: string;
  /** Digest of the whole entry, so that a changed entry never meets an old container. */
  readonly configHash: string;
  /** Whose leases tell about it: gateways of another scope (another user, another runtime directory) never touch it. */
  readonly scope: string;
  /** Which of the entry's replicas, counted from 0. */
  readonly replica: number;
  /** Nonce of the gateway that created it. */
  readonly gateway: string;
  readonly transport: BackendSpec["transport"];
  /** Port inside the container; empty where there is none. */
  readonly port: string;
  /** Folder on the host with its secret files and its socket; empty where there is none. */
  readonly files: string;
}

/** The labels that find every container of a scope. */
export const managedLabels = (scope: string): string[] => [`${PREFIX}managed=true`, `${PREFIX}scope=${scope}`];

/** The scope of the gateways that share a runtime directory, and with it their leases. */
export const scopeOf = (runtimeDir: string): string => createHash("sha256").update(runtimeDir).digest("hex").slice(0, 12);

/** The labels as the engine takes them. */
export const writeLabels = (labels: ContainerLabels): Record<string, string> => ({
  [`${PREFIX}managed`]: "true",
  [`${PREFIX}server`]: labels.server,
  [`${PREFIX}config-hash`]: labels.configHash,
  [`${PREFIX}scope`]: labels.scope,
  [`${PREFIX}replica`]: String(labels.replica),
  [`${PREFIX}gateway`]: labels.gateway,
  [`${PREFIX}transport`]: labels.transport,
  [`${PREFIX}port`]: labels.port,
  [`${PREFIX}files`]: labels.files,
});

/** Reads the labels of a container; undefined if it is not ours. */
export function readLabels(found: Readonly<Record<string, string>> | null | undefined): ContainerLabels | undefined {
  const label = (name: string) => found?.[PREFIX + name];
  const [server, configHash, scope, gateway, transport] = ["server", "config-hash", "scope", "gateway", "transport"].map(label);
  if (label("managed") !== "true" || !server || !configHash || !scope || !gateway) return undefined;
  if (transport !== "stdio" && transport !== "http" && transport !== "sse") return undefined;
  const replica = Number(label("replica") ?? 0);
  if (!Number.isSafeInteger(replica) || replica < 0) return undefined;
  return { server, configHash, scope, replica, gateway, transport, port: label("port") ?? "", files: label("files") ?? "" };
}

/**
 * The name a container has while it serves, which is also the name of its leases. One that speaks over its pipes belongs to
 * one gateway and carries its nonce; the others are shared by all gateways of a scope with the same entry. Replicas have a
 * name each.
 */
export function servingName(labels: Omit<ContainerLabels, "port" | "files">): string {
  const server = labels.server.replaceAll(/[^\w.-]/g, "-").slice(0, 64);
  const hash = createHash("sha256").update(`${labels.scope} ${labels.configHash}`).digest("hex").slice(0, 8);
  const shared = `sallyport-${server}-${hash}${labels.replica > 0 ? `-r${labels.replica}` : ""}`;
  return labels.transport === "stdio" ? `${shared}-${labels.gateway}` : shared;
}
