import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import type { RegistryProblem, RegistrySnapshot } from "../../../src/model/registry-snapshot.ts";
import { parseRegistry, type RegistryReading } from "../../../src/registry/parse-registry.ts";
import type { FileReading } from "../../../src/registry/read-file.ts";
import type { Environment } from "../../../src/registry/variable-sources.ts";
import { fixtureKinds } from "../../support/runtime-kinds.ts";

/** Files by path: their text, or how reading them fails. */
export type Files = Readonly<Record<string, string | FileReading>>;

export interface World {
  readonly env?: Environment;
  readonly files?: Files;
}

/** Parses a registry that stands at /reg/registry.json; nothing but `world` is there to be read. */
export function read(text: string, { env = {}, files = {} }: World = {}): RegistryReading {
  const readFile = (path: string): FileReading => {
    const found = files[path];
    return typeof found === "string" ? { kind: "text", text: found, mode: 0o600 } : (found ?? { kind: "absent" });
  };
  return parseRegistry({ text, file: "/reg/registry.json", kinds: fixtureKinds, env: { HOME: "/home/u", ...env }, readFile });
}

/** The snapshot of a good file. */
export function snapshotOf(text: string, world?: World): RegistrySnapshot {
  const reading = read(text, world);
  if (reading.kind === "refused") throw new Error(reading.problems.map(({ message }) => message).join("\n"));
  return reading.snapshot;
}

/** The backend `a` of a file with one entry. */
export function backendOf(entry: string, world?: World): BackendSpec {
  const spec = snapshotOf(`{"mcpServers":{"a":${entry}}}`, world).backends.get("a");
  if (!spec) throw new Error("the entry gave no backend");
  return spec;
}

/** Every problem of a file, warnings of a good one included. */
export function problemsOf(text: string, world?: World): readonly RegistryProblem[] {
  const reading = read(text, world);
  return reading.kind === "refused" ? reading.problems : reading.snapshot.warnings;
}

/** A text without its marks `▸`, and the one-based places where they stood. */
export function unmark(marked: string): { readonly text: string; readonly places: readonly { line: number; column: number }[] } {
  const parts = marked.split("▸");
  const places = parts.slice(0, -1).map((_, index) => {
    const lines = parts
      .slice(0, index + 1)
      .join("")
      .split("\n");
    return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  });
  return { text: parts.join(""), places };
}
