import { compareText } from "./compare-text.ts";
import type { Generation } from "./generation.ts";
import { actOf } from "./verbs.ts";

/** What there is, for a query that found nothing. */
export interface Overview {
  readonly tools: number;
  /** The servers with the most tools, most first. */
  readonly servers: readonly { readonly server: string; readonly tools: number }[];
  /** What the names of tools on the most servers speak of. */
  readonly topics: readonly string[];
}

/** Sums up an index in at most `most` servers and `most` topics. */
export function overviewOf(index: Generation, most: number): Overview {
  const servers = [...index.servers.values()]
    .map(({ server, first, end }) => ({ server, tools: end - first }))
    .sort((a, b) => b.tools - a.tools || compareText(a.server, b.server));
  return { tools: index.frequencies.documents, servers: servers.slice(0, most), topics: topicsOf(index, most) };
}

function topicsOf(index: Generation, most: number): readonly string[] {
  const spread = new Map<number, number>();
  for (const { first, end } of index.servers.values()) {
    const terms = new Set<number>();
    for (let doc = first; doc < end; doc += 1) for (const term of index.documents.nameTerms(doc)) terms.add(term);
    for (const term of terms) spread.set(term, (spread.get(term) ?? 0) + 1);
  }
  const topics = [...spread]
    .map(([term, servers]) => ({ stem: index.dictionary.text(term), term, servers }))
    .filter(({ stem }) => stem.length > 2 && actOf(stem) === undefined)
    .sort((a, b) => b.servers - a.servers || compareText(a.stem, b.stem));
  return topics.slice(0, most).map(({ term }) => index.dictionary.word(term));
}
