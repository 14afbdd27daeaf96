import { Dictionary } from "./dictionary.ts";
import { DocumentTable } from "./document-table.ts";
import { PostingLists } from "./posting-lists.ts";
import type { SearchableTool } from "./searchable-tool.ts";
import { TermFrequencies } from "./term-frequencies.ts";
import { TermWeigher } from "./term-weigher.ts";
import { foldName } from "./tokenize.ts";
import { type ServerTokens, toolTokens } from "./tool-fields.ts";
import { sketchWords } from "./word-sketch.ts";

/** One server's part of the index: a range of documents, and what its names say. */
export interface ServerRange {
  readonly server: string;
  readonly first: number;
  /** One past the last. */
  readonly end: number;
  /** The terms of its id and of its title. */
  readonly names: readonly (readonly number[])[];
  /** Term, count of documents, term, count, and so on. */
  readonly frequencies: Uint32Array;
}

/**
 * The packed index. Documents are only ever added at the end; a server's documents count from `admit` on and until `retire`,
 * each one step, so a search never sees half a server. What is retired stays as waste until `compact` writes the next generation.
 */
export class Generation {
  readonly dictionary = new Dictionary();
  readonly postings = new PostingLists();
  readonly documents: DocumentTable;
  readonly frequencies = new TermFrequencies();
  readonly #weigher = new TermWeigher(this.dictionary);
  readonly #owners: (ServerRange | undefined)[] = [];
  readonly #servers = new Map<string, ServerRange>();

  constructor(documents = new DocumentTable()) {
    this.documents = documents;
  }

  get servers(): ReadonlyMap<string, ServerRange> {
    return this.#servers;
  }

  /** Documents that no longer count, or do not yet. */
  get waste(): number {
    return this.documents.length - this.frequencies.documents;
  }

  /** The server of a document, or undefined for one that does not count. */
  owner(doc: number): ServerRange | undefined {
    return this.#owners[doc];
  }

  /** Adds a tool that does not count yet; `counts` collects its terms for `admit`. */
  append(tool: SearchableTool, server: ServerTokens, counts: Map<number, number>): void {
    const doc = this.documents.length;
    const tokens = toolTokens(tool, server);
    this.documents.add({
      tool: tool.tool,
      nameTerms: this.#stems(tokens.tool),
      leadTerms: this.#stems(tokens.lead),
      sketch: sketchWords(tokens.description),
    });
    this.#weigher.weigh(tokens, foldName(tool.tool), (term, impact) => {
      this.postings.append(term, doc, impact);
      counts.set(term, (counts.get(term) ?? 0) + 1);
    });
  }

  /** Lets the documents from `first` on count as the tools of the server, in place of those it had. */
  admit(server: string, first: number, tokens: ServerTokens, counts: ReadonlyMap<number, number>): void {
    const names = tokens.names.map((name) => [...this.#stems(name)]);
    this.admitRange({ server, first, end: this.documents.length, names }, counts);
  }

  /** Lets a range of documents count; `counts` says how many of them have each term. */
  admitRange(range: Omit<ServerRange, "frequencies">, counts: ReadonlyMap<number, number>): void {
    this.retire(range.server);
    const { server, first, end, names } = range;
    const admitted: ServerRange = { server, first, end, names, frequencies: flatten(counts) };
    this.#servers.set(server, admitted);
    for (let doc = first; doc < end; doc += 1) this.#owners[doc] = admitted;
    this.frequencies.add(admitted.frequencies, end - first);
  }

  /** Lets a server's documents count no longer. */
  retire(server: string): void {
    const range = this.#servers.get(server);
    if (!range) return;
    this.#servers.delete(server);
    this.#owners.fill(undefined, range.first, range.end);
    this.frequencies.remove(range.frequencies, range.end - range.first);
  }

  #stems(words: readonly string[]): Set<number> {
    return new Set(words.map((word) => this.dictionary.internWord(word).stem));
  }
}

function flatten(counts: ReadonlyMap<number, number>): Uint32Array {
  const flat = new Uint32Array(counts.size * 2);
  let at = 0;
  for (const [term, count] of counts) {
    flat[at] = term;
    flat[at + 1] = count;
    at += 2;
  }
  return flat;
}
