import { AddressTerms } from "./address-terms.ts";
import { Dictionary, nameTerm, type WordTerms } from "./dictionary.ts";
import { DocumentTable } from "./document-table.ts";
import { PostingLists } from "./posting-lists.ts";
import type { SearchableTool } from "./searchable-tool.ts";
import { TermActs } from "./term-acts.ts";
import { TermCounts } from "./term-counts.ts";
import { TermFrequencies } from "./term-frequencies.ts";
import { TermReader } from "./term-reader.ts";
import { TermWeigher } from "./term-weigher.ts";
import type { TightPostings } from "./tight-postings.ts";
import { foldName } from "./tokenize.ts";
import { type ServerFields, serverFields, toolFields } from "./tool-fields.ts";
import { WEIGHTS } from "./weights.ts";
import { sketchBits } from "./word-sketch.ts";

/** One server's part of the index: a range of documents, and what its names say. */
export interface ServerRange {
  readonly server: string;
  /** Its id, folded. */
  readonly folded: string;
  readonly first: number;
  /** One past the last. */
  readonly end: number;
  /** The terms of its id and of its title. */
  readonly names: readonly (readonly number[])[];
  /** Term, count of documents, term, count, and so on. */
  readonly frequencies: Uint32Array;
}

/** What the tools of a server have in common, read once for all of them. */
export type ReadServer = ServerFields<WordTerms>;

/**
 * The packed index. Documents are only ever added at the end; a server's documents count from `admit` on and until `retire`,
 * each one step, so a search never sees half a server. What is retired stays as waste until `compact` writes the next generation.
 */
export class Generation {
  readonly dictionary = new Dictionary();
  readonly postings = new PostingLists();
  readonly documents: DocumentTable;
  readonly frequencies = new TermFrequencies();
  /** What kind of act each stem stands for. */
  readonly acts = new TermActs(this.dictionary);
  readonly #addresses: AddressTerms;
  /** In how many names of tools that count each term occurs; counted anew after a change. */
  #names: TermFrequencies | undefined;
  readonly #reader = new TermReader(this.dictionary);
  readonly #weigher = new TermWeigher();
  /** Terms of the documents that do not count yet. */
  readonly #counts = new TermCounts();
  readonly #owners: (ServerRange | undefined)[] = [];
  readonly #servers = new Map<string, ServerRange>();

  constructor(documents = new DocumentTable()) {
    this.documents = documents;
    this.#addresses = new AddressTerms(this.dictionary, documents);
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

  /** The term of names that spell the address of a document; undefined as long as no tool has such a name. */
  addressTerm(doc: number): number | undefined {
    return this.#addresses.of(doc, this.#owners[doc]?.folded ?? "");
  }

  /** How telling a term is in the name of a tool. */
  nameWorth(term: number): number {
    this.#names ??= this.#countNames();
    return Math.max(this.frequencies.rarity(term), WEIGHTS.nameRarity * this.#names.rarity(term));
  }

  /** Reads the server of a tool; tools added from now on are its tools. */
  readServer(tool: SearchableTool): ReadServer {
    this.#counts.clear(); // of a server that was given up half-way
    return serverFields(tool, this.#reader);
  }

  /** Adds a tool that does not count yet. */
  append(tool: SearchableTool, server: ReadServer): void {
    const doc = this.documents.length;
    const fields = toolFields(tool, server, this.#reader);
    const name = this.dictionary.intern(nameTerm(foldName(tool.tool)));
    this.documents.add({
      tool: tool.tool,
      name,
      nameTerms: stemsOf(fields.tool),
      leadTerms: stemsOf(fields.lead),
      sketch: sketchBits(fields.description),
    });
    this.#weigher.weigh(fields, name, this.dictionary.size, (term, impact) => {
      this.postings.append(term, doc, impact);
      this.#counts.add(term);
    });
  }

  /** Lets the documents from `first` on count as the tools of the server, in place of those it had. */
  admit(server: string, first: number, { names }: ReadServer): void {
    this.admitRange({
      server,
      folded: foldName(server),
      first,
      end: this.documents.length,
      names: names.map(stemsOf),
      frequencies: this.#counts.take(),
    });
  }

  /** Gives back the memory that adding tools in a row is faster for. */
  rest(): void {
    this.#reader.forget();
  }

  /** Takes over postings and the servers whose documents they are, for a generation that has documents and terms only. */
  adopt(ranges: readonly ServerRange[], postings: TightPostings): void {
    this.postings.adopt(postings);
    this.frequencies.adopt(postings.lengths, this.documents.length);
    for (const range of ranges) this.#own(range);
  }

  /** Lets a range of documents count. */
  admitRange(range: ServerRange): void {
    this.retire(range.server);
    this.#own(range);
    this.frequencies.add(range.frequencies, range.end - range.first);
  }

  #own(range: ServerRange): void {
    this.#names = undefined;
    this.#servers.set(range.server, range);
    for (let doc = range.first; doc < range.end; doc += 1) this.#owners[doc] = range;
  }

  /** Lets a server's documents count no longer. */
  retire(server: string): void {
    const range = this.#servers.get(server);
    if (!range) return;
    this.#names = undefined;
    this.#servers.delete(server);
    this.#owners.fill(undefined, range.first, range.end);
    this.frequencies.remove(range.frequencies, range.end - range.first);
  }

  #countNames(): TermFrequencies {
    const counts = new Uint32Array(this.dictionary.size);
    for (const { first, end } of this.#servers.values())
      for (const term of this.documents.allNameTerms(first, end)) counts[term] = (counts[term] ?? 0) + 1;
    const names = new TermFrequencies();
    names.adopt(counts, this.frequencies.documents);
    return names;
  }
}

/** The stems of words, each once. */
function stemsOf(words: readonly WordTerms[]): readonly number[] {
  const stems: number[] = [];
  for (const { stem } of words) if (!stems.includes(stem)) stems.push(stem);
  return stems;
}
