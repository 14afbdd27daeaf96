import { dirname, join } from "node:path";
import type { BackendSpec } from "../model/backend-spec.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { RuntimeKind } from "../model/ports.ts";
import type { RegistryProblem, RegistrySnapshot } from "../model/registry-snapshot.ts";
import type { Watching } from "../model/watching.ts";
import { describeValue } from "./describe-issue.ts";
import { digestOf } from "./digest.ts";
import { entryKinds } from "./entry-kind.ts";
import { readJsonDocument } from "./json-document.ts";
import { type DocumentPath, suggestion } from "./printable.ts";
import type { ProblemList } from "./problem-list.ts";
import { type EntryWorld, readEntry } from "./read-entry.ts";
import type { FileReader } from "./read-file.ts";
import { readSearch } from "./read-search.ts";
import { readSettings, SERVER_KEYS, type Settings } from "./read-settings.ts";
import { reportOddIds } from "./server-ids.ts";
import { type Environment, VariableSources } from "./variable-sources.ts";

/** What a registry is read from. */
export interface RegistrySource {
  readonly text: string;
  /** Absolute path of the file the text came from; relative paths in it start at its directory. */
  readonly file: string;
  readonly kinds: readonly RuntimeKind[];
  /** Default: `process.env`. */
  readonly env?: Environment | undefined;
  /** Reads secrets, `.env` and `${file:}`; default: the disk. */
  readonly readFile?: FileReader | undefined;
}

/** A registry as a whole, or every reason why it is none; `files` are the other files its values came from. */
export type RegistryReading =
  | { readonly kind: "loaded"; readonly snapshot: RegistrySnapshot; readonly files: readonly string[] }
  | { readonly kind: "refused"; readonly problems: readonly RegistryProblem[]; readonly files: readonly string[] };

/** Parses registry.json. Never throws: whatever is wrong comes back as problems, all of them at once. */
export function parseRegistry(source: RegistrySource): RegistryReading {
  const { value, problems } = readJsonDocument(source.text);
  const sources = new VariableSources(dirname(source.file), source.env, source.readFile);
  const refused = (): RegistryReading => ({ kind: "refused", problems: problems.list(), files: [...sources.files] });
  if (value === undefined) return refused();
  if (!isJsonObject(value)) {
    problems.error({ path: [], expected: "an object", found: describeValue(value), hint: 'Write { "mcpServers": { … } }' });
    return refused();
  }
  const settings = readSettings(value, problems);
  const world = worldOf(source.kinds, settings, sources, problems);
  const backends = readServers(value, world, problems);
  const { digest: searchDigest, ...models } = readSearch(settings.search, world, problems);
  if (problems.errorCount > 0) return refused();
  const { drainMs, engine, rememberChoices } = settings;
  const watching = withPaths(settings.watching, sources);
  const digests = [...backends].map(([id, spec]) => [id, spec.digest]);
  const snapshot: RegistrySnapshot = {
    file: source.file,
    backends,
    settings: { drainMs, engine, rememberChoices, ...watching, ...models },
    warnings: problems.list(),
    digest: digestOf({ drainMs, engine, rememberChoices, watching, search: searchDigest, backends: digests }),
  };
  return { kind: "loaded", snapshot, files: [...sources.files] };
}

const withPaths = ({ metrics, ...rest }: Watching, sources: VariableSources): Watching => {
  const socket = typeof metrics.socket === "string" ? sources.pathOf(metrics.socket) : metrics.socket;
  return { ...rest, metrics: { ...metrics, socket } };
};

function worldOf(kinds: readonly RuntimeKind[], settings: Settings, sources: VariableSources, problems: ProblemList): EntryWorld {
  const dotenv = sources.readDotenv(join(sources.baseDir, ".env"));
  if ("kind" in dotenv && dotenv.kind === "refused") problems.warn({ path: [], text: `.env is not used: ${dotenv.reason}` });
  const badLines = "badLines" in dotenv ? dotenv.badLines : [];
  for (const line of badLines) problems.warn({ path: [], text: `line ${line} of .env is not used: expected NAME=value` });
  return {
    kinds: entryKinds(kinds),
    sources,
    timing: settings.timing,
    inputs: settings.inputs,
    dotenv: "variables" in dotenv ? dotenv.variables : new Map(),
  };
}

function readServers(root: JsonObject, world: EntryWorld, problems: ProblemList): ReadonlyMap<string, BackendSpec> {
  const backends = new Map<string, BackendSpec>();
  const key = serversKey(root, problems);
  const servers = key === undefined ? undefined : root[key];
  if (key === undefined) return backends;
  if (!isJsonObject(servers)) {
    const hint = Array.isArray(servers) ? "Write each server as a key with its name" : undefined;
    problems.error({ path: [key], expected: "an object", found: describeValue(servers), hint });
    return backends;
  }
  reportOddIds(Object.keys(servers), [key], problems);
  for (const [id, raw] of Object.entries(servers)) {
    const spec = readServer(id, raw, [key, id], world, problems);
    if (spec) backends.set(id, spec);
  }
  return backends;
}

function readServer(
  id: string,
  raw: unknown,
  path: DocumentPath,
  world: EntryWorld,
  problems: ProblemList,
): BackendSpec | undefined {
  if (isJsonObject(raw)) {
    return readEntry(id, raw, world, {
      error: (complaint) => problems.error({ ...complaint, path: [...path, ...complaint.path] }),
      warn: (complaint) => problems.warn({ ...complaint, path: [...path, ...complaint.path] }),
    });
  }
  problems.error({ path, expected: "an object", found: describeValue(raw) });
  return undefined;
}

/** The key the servers stand under; other clients' top keys are a matter of import. */
function serversKey(root: JsonObject, problems: ProblemList): "mcpServers" | "servers" | undefined {
  const [key, other] = SERVER_KEYS.filter((name) => Object.hasOwn(root, name));
  if (other !== undefined) {
    const hint = "Move all servers to mcpServers";
    problems.error({
      path: [other],
      at: "key",
      text: "stands beside mcpServers",
      found: "both",
      expected: "one of the two",
      hint,
    });
  }
  if (key === undefined) {
    const typo = Object.keys(root)
      .map((name) => suggestion(name, SERVER_KEYS))
      .find((hint) => hint !== undefined);
    const keys = Object.keys(root).length === 0 ? "an empty object" : "other keys";
    problems.error({ path: [], expected: '"mcpServers"', found: keys, hint: typo ?? 'Write { "mcpServers": { … } }' });
  }
  return key;
}
