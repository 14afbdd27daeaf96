import { existsSync } from "node:fs";
import type { RuntimeKind, StateStore } from "../model/ports.ts";
import type { RegistryProblem, RegistrySnapshot } from "../model/registry-snapshot.ts";
import { digestOf } from "./digest.ts";
import { REGISTRY_CAP_BYTES } from "./json-document.ts";
import { parseRegistry, type RegistryReading } from "./parse-registry.ts";
import { readRegularFile } from "./read-file.ts";
import type { Environment } from "./variable-sources.ts";

export interface LoadOptions {
  /** Absolute path of registry.json. */
  readonly file: string;
  readonly kinds: readonly RuntimeKind[];
  /** Where the last good version of the file is kept. */
  readonly store: StateStore;
  /** Default: `process.env`. */
  readonly env?: Environment | undefined;
}

/** A start may also end with the last good version of a file that cannot be read now; `problems` says why, loudly. */
export type RegistryStart =
  | RegistryReading
  | {
      readonly kind: "stale";
      readonly snapshot: RegistrySnapshot;
      readonly problems: readonly RegistryProblem[];
      readonly files: readonly string[];
    };

/** Reads registry.json as it is now; never throws. A good version is kept for a start with a bad one. */
export async function readRegistry(options: LoadOptions): Promise<RegistryReading> {
  const reading = readRegularFile(options.file, REGISTRY_CAP_BYTES);
  if (reading.kind === "absent") return { kind: "refused", problems: [absent(options.file)], files: [] };
  if (reading.kind === "refused") return { kind: "refused", problems: [unreadable(options.file, reading.reason)], files: [] };
  const parsed = parseRegistry({ ...options, text: reading.text });
  if (parsed.kind === "refused") return parsed;
  await keepGoodVersion(options, reading.text);
  if ((reading.mode & 0o022) === 0) return parsed;
  const warnings = [writableByOthers(options.file, reading.mode), ...parsed.snapshot.warnings];
  return { ...parsed, snapshot: { ...parsed.snapshot, warnings } };
}

/**
 * Reads registry.json at a start: a file that is there and wrong is replaced by its last good version, if there was one.
 * A file that is not there is not: whoever removed it meant to.
 */
export async function loadRegistry(options: LoadOptions): Promise<RegistryStart> {
  const reading = await readRegistry(options);
  if (reading.kind === "loaded" || !existsSync(options.file)) return reading;
  const text = await options.store.read(goodVersionOf(options.file)).catch(() => undefined); // then there is none
  const kept = text === undefined ? undefined : parseRegistry({ ...options, text });
  if (kept?.kind !== "loaded") return reading;
  return {
    kind: "stale",
    snapshot: kept.snapshot,
    problems: reading.problems,
    files: [...new Set([...reading.files, ...kept.files])],
  };
}

const goodVersionOf = (file: string): string => `registry-${digestOf(file).slice(0, 16)}`;

/** Losing this copy costs a fallback and nothing else, so a full disk does not stop a good file from being used. */
async function keepGoodVersion({ file, store }: LoadOptions, text: string): Promise<void> {
  const name = goodVersionOf(file);
  try {
    if ((await store.read(name)) !== text) await store.write(name, text);
  } catch {
    return;
  }
}

const atStart = { path: "", line: 1, column: 1 } as const;

const absent = (file: string): RegistryProblem => ({
  ...atStart,
  severity: "error",
  message: `Cannot read ${file}: there is no such file`,
  found: "nothing",
  expected: "a registry file",
  hint: `Create it with { "mcpServers": {} }, or name another one with --registry or SALLYPORT_REGISTRY`,
});

const unreadable = (file: string, reason: string): RegistryProblem => ({
  ...atStart,
  severity: "error",
  message: `Cannot read ${file}: ${reason}`,
  found: reason,
  expected: "a regular text file of at most 1 MiB",
});

const writableByOthers = (file: string, mode: number): RegistryProblem => ({
  ...atStart,
  severity: "warning",
  message: `${file} can be changed by other users, who can so run commands as you: its mode is ${mode.toString(8).padStart(4, "0")}`,
  found: `mode ${mode.toString(8).padStart(4, "0")}`,
  expected: "a file only its owner can write",
  hint: `Run chmod go-w ${file}`,
});
