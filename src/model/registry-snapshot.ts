import type { BackendSpec } from "./backend-spec.ts";

/** Something wrong or odd in registry.json, placed so that a person finds it. */
export interface RegistryProblem {
  readonly severity: "error" | "warning";
  /** Where in the document: `mcpServers.git.timeout`. */
  readonly path: string;
  /** One-based. */
  readonly line: number;
  /** One-based. */
  readonly column: number;
  /** The whole sentence, found and expected included. */
  readonly message: string;
  readonly found?: string | undefined;
  readonly expected?: string | undefined;
  readonly hint?: string | undefined;
}

/** Settings of the gateway itself, from the registry's top level. */
export interface GatewaySettings {
  /** How long calls in flight may take to finish at shutdown, in ms. */
  readonly drainMs: number;
  /** Which container engine to use: `podman`, `docker` or an address; undefined to look for one. */
  readonly engine: string | undefined;
  /** Whether discover may remember, on this machine, which tools were called after which needs. */
  readonly rememberChoices: boolean;
}

/** All entries at one moment; replaced as a whole and never edited. */
export interface RegistrySnapshot {
  /** Absolute path of the file, or undefined if there is none. */
  readonly file: string | undefined;
  readonly backends: ReadonlyMap<string, BackendSpec>;
  readonly settings: GatewaySettings;
  readonly warnings: readonly RegistryProblem[];
  readonly digest: string;
}

/** What a new snapshot changes for the backends of an old one. */
export interface SnapshotDiff {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly untouched: readonly string[];
}

/** Compares two snapshots by the digests of their entries. */
export function diffSnapshots(before: RegistrySnapshot, after: RegistrySnapshot): SnapshotDiff {
  const ids = [...new Set([...before.backends.keys(), ...after.backends.keys()])];
  const change = (id: string): keyof SnapshotDiff => {
    const [old, now] = [before.backends.get(id), after.backends.get(id)];
    if (!old) return "added";
    if (!now) return "removed";
    return old.digest === now.digest ? "untouched" : "changed";
  };
  const of = (kind: keyof SnapshotDiff) => ids.filter((id) => change(id) === kind);
  return { added: of("added"), changed: of("changed"), removed: of("removed"), untouched: of("untouched") };
}
