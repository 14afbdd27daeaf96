import type { Generation, ServerRange } from "./generation.ts";
import { LONGEST_QUERY } from "./query-words.ts";
import { foldName } from "./tokenize.ts";

/** What of a query is an address, and what is left to search for. */
export interface QueryScope {
  readonly text: string;
  /** Only tools of this server. */
  readonly server?: string;
  /** The document of the tool that the query names as `server/tool`. */
  readonly exact?: number;
}

const ADDRESS = /^([^\s/]+)\/(\S+)$/;
const PREFIX = /^(?:server:\s*)?([^\s:]+)\s*:(?!\/\/)\s*/i;
const QUALIFIER = /(?:^|\s)server:\s*(\S+)/i;

/** Reads `server/tool`, `server: what is wanted` and `what is wanted server:name`; anything else is all text. */
export function readScope(query: string, index: Generation): QueryScope {
  const text = query.slice(0, LONGEST_QUERY).trim();
  const [, owner = "", tool = ""] = ADDRESS.exec(text) ?? [];
  const range = findServer(owner, index);
  if (range) return { text: tool, server: range.server, ...findTool(tool, range, index) };
  for (const pattern of [QUALIFIER, PREFIX]) {
    const match = pattern.exec(text);
    const scoped = findServer(match?.[1] ?? "", index);
    if (match && scoped) return { text: text.replace(match[0], " ").trim(), server: scoped.server };
  }
  return { text };
}

/** A server by its id, or by its id in other letters: `GitHub` finds `github`. */
export function findServer(name: string, index: Generation): ServerRange | undefined {
  const exact = index.servers.get(name);
  const folded = foldName(name);
  if (exact || folded === "") return exact;
  for (const range of index.servers.values()) if (foldName(range.server) === folded) return range;
  return undefined;
}

function findTool(name: string, { first, end }: ServerRange, index: Generation): { exact?: number } {
  const folded = foldName(name);
  let near: number | undefined;
  for (let doc = first; doc < end; doc += 1) {
    const tool = index.documents.tool(doc);
    if (tool === name) return { exact: doc };
    if (near === undefined && foldName(tool) === folded) near = doc;
  }
  return near === undefined ? {} : { exact: near };
}
