/** Which protocol era a backend is spoken to in; `auto` probes and remembers. */
export type ProtocolEra = "auto" | "legacy" | "modern";

/**
 * Which replica a call goes to: `none` the least busy one, `session` always the same while it is healthy, `auto` the same
 * where the backend keeps a session for us.
 */
export type Affinity = "auto" | "session" | "none";

/** What the registry says about one tool, whatever the backend claims. */
export interface ToolOverride {
  readonly readOnly?: boolean | undefined;
  readonly idempotent?: boolean | undefined;
  readonly cacheTtlMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  /** Asks in a person's words that the tool answers; only for finding it. */
  readonly examples?: readonly string[] | undefined;
}

/** Which tools of a backend may be seen and called; patterns match whole names, `*` stands for any run of characters. */
export interface ToolRules {
  /** Undefined: all. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
  readonly overrides: ReadonlyMap<string, ToolOverride>;
}

/** A variable or file an entry asks for and nobody has set. */
export interface MissingValue {
  /** As written in the file: `${NOTION_TOKEN}`. */
  readonly written: string;
  /** What to set: `NOTION_TOKEN`. */
  readonly name: string;
  /** The field that needs it: `env.NOTION_TOKEN`. */
  readonly field: string;
}

/** One entry of registry.json, complete and immutable: below the parser every field is present. */
export interface BackendSpec {
  readonly id: string;
  /** The runtime that owns `options`, by its kind: `process`, `remote`, `container`. */
  readonly runtime: string;
  /** What that runtime parsed out of the entry; opaque to everyone else. */
  readonly options: unknown;
  /** How MCP is spoken to it, by the transport's kind. */
  readonly transport: "stdio" | "http" | "sse";
  readonly protocolEra: ProtocolEra;
  /** How many workloads serve it side by side; at least 1. */
  readonly replicas: number;
  readonly affinity: Affinity;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  readonly enabled: boolean;
  readonly tools: ToolRules;
  /** Whether the backend's own annotations (readOnlyHint, idempotentHint) are believed. */
  readonly trustAnnotations: boolean;
  readonly startTimeoutMs: number;
  readonly callTimeoutMs: number;
  /** How long an answer of a tool trusted as read-only may be served again, in ms; 0 for never. */
  readonly cacheTtlMs: number;
  /** How much of one result's text a model is shown at once, in tokens; the rest is read by its handle. */
  readonly maxResultTokens: number;
  /** Idle time after which a workload that can be frozen is; 0 for never. */
  readonly idlePauseMs: number;
  /** Idle time after which it is stopped; 0 for never. */
  readonly idleStopMs: number;
  readonly warm: boolean;
  /** Absolute path of a stored `tools/list` result, the catalog until the backend has run. */
  readonly toolsFile: string | undefined;
  /** Values that are not set; while there are any, the backend is listed as `needs-config` and never started. */
  readonly missing: readonly MissingValue[];
  /** Digest of everything above, values of variables included: a changed one is a changed backend. */
  readonly digest: string;
  /** Keys nobody knows, kept as they were written. */
  readonly extra: Readonly<Record<string, unknown>>;
}
