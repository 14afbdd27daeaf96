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
  const spread = new TopicSpread(index);
  const servers = [...index.servers.values()].map((range) => ({
    server: range.server,
    tools: countShown(range, index, isShown, spread),
  }));
  const largest = servers.filter(({ tools }) => tools > 0).sort((a, b) => b.tools - a.tools || compareText(a.server, b.server));
  return {
    tools: largest.reduce((sum, { tools }) => sum + tools, 0),
    servers: largest.slice(0, most),
    topics: spread.widest(most),
  };
}

function countShown({ server, first, end }: ServerRange, index: Generation, isShown: IsShown, spread: TopicSpread): number {
  let shown = 0;
  spread.nextServer();
  for (let doc = first; doc < end; doc += 1) {
    if (!isShown(server, index.documents.tool(doc))) continue;
    shown += 1;
    spread.add(doc);
  }
  return shown;
}

/** On how many servers the names of tools have each term. */
class TopicSpread {
  readonly #index: Generation;
  readonly #servers: Uint32Array;
  /** The last server that had the term. */
  readonly #last: Uint32Array;
  #server = 0;

  constructor(index: Generation) {
    this.#index = index;
    this.#servers = new Uint32Array(index.dictionary.size);
    this.#last = new Uint32Array(index.dictionary.size);
  }

  nextServer(): void {
    this.#server += 1;
  }

  add(doc: number): void {
    const { nameTerms, nameEnds } = this.#index.documents.lists;
    const end = nameEnds.at(doc);
    for (let at = doc === 0 ? 0 : nameEnds.at(doc - 1); at < end; at += 1) {
      const term = nameTerms.at(at);
      if (this.#last[term] === this.#server) continue;
      this.#last[term] = this.#server;
      this.#servers[term] = (this.#servers[term] ?? 0) + 1;
    }
  }

  /** What most servers speak of, in words; verbs of tools are no topics. */
  widest(most: number): readonly string[] {
    const { dictionary } = this.#index;
    const terms: number[] = [];
    const isWider = (a: number, b: number): boolean => {
      const lead = (this.#servers[a] ?? 0) - (this.#servers[b] ?? 0);
      return lead > 0 || (lead === 0 && compareText(dictionary.text(a), dictionary.text(b)) < 0);
    };
    for (const [term, servers] of this.#servers.entries()) {
      if (servers === 0 || (terms.length === most && !isWider(term, terms[most - 1] ?? 0))) continue;
      const stem = dictionary.text(term);
      if (stem.length < 3 || actOf(stem) !== undefined) continue;
      const place = terms.findIndex((other) => isWider(term, other));
      terms.splice(place < 0 ? terms.length : place, 0, term);
      terms.length = Math.min(terms.length, most);
    }
    return terms.map((term) => dictionary.word(term));
  }
}
