import { Uint32List } from "./uint32-list.ts";
import { SKETCH_SIZE } from "./word-sketch.ts";

/** What ranking needs to know of a document beyond its postings. */
export interface Document {
  readonly tool: string;
  /** The terms of the tool's own name, each once. */
  readonly nameTerms: Iterable<number>;
  /** The terms of the description's first sentence, each once. */
  readonly leadTerms: Iterable<number>;
  /** The words of the description, to tell duplicates. */
  readonly sketch: Uint32Array;
}

/** Documents by number, in flat lists; they are added at the end and never change. */
export class DocumentTable {
  readonly #tools: string[] = [];
  readonly #nameStarts = new Uint32List(Uint32Array.of(0));
  readonly #nameTerms = new Uint32List();
  readonly #leadStarts = new Uint32List(Uint32Array.of(0));
  readonly #leadTerms = new Uint32List();
  readonly #sketches = new Uint32List();

  get length(): number {
    return this.#tools.length;
  }

  add(document: Document): void {
    this.#tools.push(document.tool);
    for (const term of document.nameTerms) this.#nameTerms.push(term);
    this.#nameStarts.push(this.#nameTerms.length);
    for (const term of document.leadTerms) this.#leadTerms.push(term);
    this.#leadStarts.push(this.#leadTerms.length);
    for (const bits of document.sketch) this.#sketches.push(bits);
  }

  tool(doc: number): string {
    return this.#tools[doc] ?? "";
  }

  nameTerms(doc: number): Uint32Array {
    return this.#nameTerms.view(this.#nameStarts.at(doc), this.#nameStarts.at(doc + 1));
  }

  leadTerms(doc: number): Uint32Array {
    return this.#leadTerms.view(this.#leadStarts.at(doc), this.#leadStarts.at(doc + 1));
  }

  sketch(doc: number): Uint32Array {
    return this.#sketches.view(doc * SKETCH_SIZE, (doc + 1) * SKETCH_SIZE);
  }
}
