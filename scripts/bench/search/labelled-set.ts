import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { JsonObject } from "../../../src/model/json.ts";
import type { SearchableTool } from "../../../src/search/searchable-tool.ts";

/** One line of a corpus file. */
export interface CorpusTool {
  readonly server: string;
  readonly server_title?: string;
  readonly server_description?: string;
  readonly tool: string;
  readonly description?: string;
  readonly inputSchema?: JsonObject;
}

export interface Address {
  readonly server: string;
  readonly tool: string;
}

/** A tool that is wanted, and others that do as well. */
export interface Need extends Address {
  readonly alt?: readonly Address[];
  readonly dup?: readonly Address[];
}

/** One line of a queries file. */
export interface LabelledQuery {
  readonly id: string;
  readonly query: string;
  readonly relevant: readonly Need[];
}

/** A set of queries and its name. */
export interface QuerySet {
  readonly name: string;
  readonly queries: readonly LabelledQuery[];
}

/** Reads a file of JSON lines, gzipped or not. */
export function readLines<T>(file: string): readonly T[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as T]));
}

/** A corpus line as the index takes it, the way the gateway hands tools over. */
export function searchableTool(line: CorpusTool): SearchableTool {
  return {
    server: line.server ?? "",
    tool: line.tool,
    definition: { name: line.tool, description: line.description, inputSchema: line.inputSchema },
    serverTitle: line.server_title,
    serverDescription: line.server_description,
    tags: [],
  };
}

/** The lines of each server, in order. */
export function byServer(corpus: readonly CorpusTool[]): ReadonlyMap<string, readonly CorpusTool[]> {
  const servers = new Map<string, CorpusTool[]>();
  for (const line of corpus) addLine(line, servers);
  return servers;
}

/** The same step by step. */
export function* sortByServer(corpus: readonly CorpusTool[]): Generator<void, ReadonlyMap<string, readonly CorpusTool[]>> {
  const servers = new Map<string, CorpusTool[]>();
  for (const line of corpus) {
    addLine(line, servers);
    yield;
  }
  return servers;
}

function addLine(line: CorpusTool, servers: Map<string, CorpusTool[]>): void {
  const known = servers.get(line.server ?? "");
  if (known) known.push(line);
  else servers.set(line.server ?? "", [line]);
}

/** The corpora below a data folder, smallest name first: every folder with a `corpus.jsonl` or `corpus.jsonl.gz`. */
export const corpusFiles = (dir: string): ReadonlyMap<string, string> => filesIn(dir, ["corpus.jsonl", "corpus.jsonl.gz"]);

/** Rankings that others published for a set, by their name: every `run.NAME.jsonl` beside its queries. */
export function publishedRuns(dir: string, set: string): ReadonlyMap<string, string> {
  const files = readdirSync(join(dir, set)).sort();
  return new Map(files.flatMap((file) => (/^run\..+\.jsonl$/.test(file) ? [[file.slice(4, -6), join(dir, set, file)]] : [])));
}

/** The query sets below a data folder. */
export const queryFiles = (dir: string): ReadonlyMap<string, string> => filesIn(dir, ["queries.jsonl"]);

function filesIn(dir: string, names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const folder of readdirSync(dir).sort()) {
    const file = names.map((name) => join(dir, folder, name)).find((path) => existsSync(path));
    if (file) found.set(folder, file);
  }
  return found;
}

/** Whether a corpus has the tools that a set of queries wants. */
export function answers(corpus: readonly CorpusTool[], queries: readonly LabelledQuery[]): boolean {
  const known = new Set(corpus.map(keyOf));
  const needs = queries.flatMap(({ relevant }) => relevant);
  const met = needs.filter((need) => addressesOf(need).some((address) => known.has(keyOf(address))));
  return met.length >= 0.9 * needs.length;
}

export const keyOf = ({ server, tool }: Address): string => `${server ?? ""}\0${tool}`;

export const addressesOf = (need: Need): readonly Address[] => [need, ...(need.alt ?? []), ...(need.dup ?? [])];

/** A corpus grown or cut to a number of tools; copies of servers get new names. For times only: its vocabulary does not grow. */
export function resize(corpus: readonly CorpusTool[], tools: number): readonly CorpusTool[] {
  return Array.from({ length: tools }, (_, at): CorpusTool => {
    const original = corpus[at % corpus.length];
    const copy = Math.floor(at / corpus.length);
    if (!original) throw new Error("Cannot resize an empty corpus");
    return copy === 0 ? original : { ...original, server: `${original.server} ${copy + 1}` };
  });
}
