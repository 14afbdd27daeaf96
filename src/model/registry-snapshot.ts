import type { BackendSpec } from "./backend-spec.ts";
import type { Secret } from "./secret.ts";
import type { Watching } from "./watching.ts";

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

/** A model endpoint the registry names. */
export interface ModelEndpoint {
  /** Where requests go: http or https, loopback or encrypted unless the registry says otherwise. A query may hold a key. */
  readonly url: Secret;
  /** What of it may be shown. */
  readonly origin: string;
  readonly model: string;
  readonly apiKey: Secret | undefined;
  readonly timeoutMs: number;
}

/** How `discover` asks for the meaning of texts. */
export interface EmbeddingsSettings extends ModelEndpoint {
  readonly api: "openai" | "ollama";
  /** `auto`: only while a trial on the registry's examples shows that it finds more. */
  readonly enabled: "auto" | "on" | "off";
  /** How many numbers make a vector; undefined for as many as the model gives. */
  readonly dimensions: number | undefined;
  /** Texts in one request. */
  readonly batch: number;
  /** What some models want before a question, and before a text to be found. */
  readonly queryPrefix: string;
  readonly documentPrefix: string;
}

/** Settings of the gateway itself, from the registry's top level. */
export interface GatewaySettings extends Watching {
  /** How long calls in flight may take to finish at shutdown, in ms. */
  readonly drainMs: number;
  /** Which container engine to use: `podman`, `docker` or an address; undefined to look for one. */
  readonly engine: string | undefined;
  /** Whether discover may remember, on this machine, which tools were called after which needs. */
  readonly rememberChoices: boolean;
  /** Which model compares needs and tools by meaning; undefined for none. */
  readonly embeddings: EmbeddingsSettings | undefined;
  /** Which model writes examples for tools; undefined for none. */
  readonly chat: ModelEndpoint | undefined;
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
