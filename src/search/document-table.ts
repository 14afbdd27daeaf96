import { Uint32List } from "./uint32-list.ts";
import { SKETCH_SIZE } from "./word-sketch.ts";

/** What ranking needs to know of a document beyond its postings. */
export interface Document {
  readonly tool: string;
  /** The term of its whole folded name. */
  readonly name: number;
  /** The terms of the tool's own name, each once. */
  readonly nameTerms: ArrayLike<number>;
  /** The terms of the description's first sentence, each once. */
  readonly leadTerms: ArrayLike<number>;
  /** The words of the description, to tell duplicates. */
  readonly sketch: Uint32Array;
}

/** The lists a table is made of, for storage. */
export interface DocumentLists {
  readonly tools: string[];
  readonly names: Uint32List;
  readonly nameEnds: Uint32List;
  readonly nameTerms: Uint32List;
  readonly leadEnds: Uint32List;
  readonly leadTerms: Uint32List;
  readonly sketches: Uint32List;
}

/** Documents by number, in flat lists; they are added at the end and never change. */
export class DocumentTable {
  readonly lists: DocumentLists;

  constructor(lists: DocumentLists = emptyLists()) {
    this.lists = lists;
  }

  get length(): number {
    return this.lists.tools.length;
  }

  add(document: Document): void {
    const { tools, names, nameEnds, nameTerms, leadEnds, leadTerms, sketches } = this.lists;
    tools.push(document.tool);
    names.push(document.name);
    nameTerms.pushAll(document.nameTerms);
    nameEnds.push(nameTerms.length);
    leadTerms.pushAll(document.leadTerms);
    leadEnds.push(leadTerms.length);
    sketches.pushAll(document.sketch);
  }

  tool(doc: number): string {
    return this.lists.tools[doc] ?? "";
  }

  /** The term of a tool's whole folded name: two tools have the same where their names are the same. */
  name(doc: number): number {
    return this.lists.names.at(doc);
  }

  nameTerms(doc: number): Uint32Array {
    const { nameTerms, nameEnds } = this.lists;
    return nameTerms.view(startOf(doc, nameEnds), nameEnds.at(doc));
  }

  /** The same of several documents, from the first to the one before `end`. */
  allNameTerms(first: number, end: number): Uint32Array {
    const { nameTerms, nameEnds } = this.lists;
    return nameTerms.view(startOf(first, nameEnds), startOf(end, nameEnds));
  }

  leadTerms(doc: number): Uint32Array {
    const { leadTerms, leadEnds } = this.lists;
    return leadTerms.view(startOf(doc, leadEnds), leadEnds.at(doc));
  }

  sketch(doc: number): Uint32Array {
    return this.lists.sketches.view(doc * SKETCH_SIZE, (doc + 1) * SKETCH_SIZE);
  }
}

/** Where the part of a document begins in a list of which the ends of all parts are known. */
export const startOf = (doc: number, ends: Uint32List): number => (doc === 0 ? 0 : ends.at(doc - 1));

const emptyLists = (): DocumentLists => ({
  tools: [],
  names: new Uint32List(),
  nameEnds: new Uint32List(),
  nameTerms: new Uint32List(),
  leadEnds: new Uint32List(),
  leadTerms: new Uint32List(),
  sketches: new Uint32List(),
});
