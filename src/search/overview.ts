import { compareText } from "./compare-text.ts";
import type { Generation, ServerRange } from "./generation.ts";
import { actOf } from "./verbs.ts";

/** What there is, for a query that found nothing. */
export interface Overview {
  readonly tools: number;
  /** The servers with the most tools, most first. */
  readonly servers: readonly { readonly server: string; readonly tools: number }[];
  /** What the names of tools on the most servers speak of. */
  readonly topics: readonly string[];
}

type IsShown = (server: string, tool: string) => boolean;

/** Sums up the tools that are shown in at most `most` servers and `most` topics. */
export function overviewOf(index: Generation, most: number, isShown: IsShown = () => true): Overview {
  const shown = [...index.servers.values()].map((range) => ({
    server: range.server,
    docs: shownDocuments(range, index, isShown),
  }));
  const servers = shown
    .map(({ server, docs }) => ({ server, tools: docs.length }))
    .filter(({ tools }) => tools > 0)
    .sort((a, b) => b.tools - a.tools || compareText(a.server, b.server));
  return {
    tools: servers.reduce((sum, { tools }) => sum + tools, 0),
    servers: servers.slice(0, most),
    topics: topicsOf(
      index,
      shown.map(({ docs }) => docs),
      most,
    ),
  };
}

function shownDocuments({ server, first, end }: ServerRange, index: Generation, isShown: IsShown): readonly number[] {
  const docs: number[] = [];
  for (let doc = first; doc < end; doc += 1) if (isShown(server, index.documents.tool(doc))) docs.push(doc);
  return docs;
}

function topicsOf(index: Generation, documents: readonly (readonly number[])[], most: number): readonly string[] {
  const spread = new Map<number, number>();
  for (const docs of documents) {
    const terms = new Set<number>();
    for (const doc of docs) for (const term of index.documents.nameTerms(doc)) terms.add(term);
    for (const term of terms) spread.set(term, (spread.get(term) ?? 0) + 1);
  }
  const topics = [...spread]
    .map(([term, servers]) => ({ stem: index.dictionary.text(term), term, servers }))
    .filter(({ stem }) => stem.length > 2 && actOf(stem) === undefined)
    .sort((a, b) => b.servers - a.servers || compareText(a.stem, b.stem));
  return topics.slice(0, most).map(({ term }) => index.dictionary.word(term));
}
