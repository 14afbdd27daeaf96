import { type Dictionary, nameTerm } from "./dictionary.ts";
import type { DocumentTable } from "./document-table.ts";

const NO_TERM = -1;

/** Which tools are named like the address of another: for each document the term of such names, worked out when asked for. */
export class AddressTerms {
  readonly #dictionary: Dictionary;
  readonly #documents: DocumentTable;
  /** By document, one more than the term; 0 where nobody has asked yet. */
  #terms = new Int32Array(0);

  constructor(dictionary: Dictionary, documents: DocumentTable) {
    this.#dictionary = dictionary;
    this.#documents = documents;
  }

  /** The term of a name that spells the address of a document of that server; undefined if no tool has such a name. */
  of(doc: number, foldedServer: string): number | undefined {
    const { length } = this.#documents;
    if (this.#terms.length !== length) this.#terms = new Int32Array(length); // a new document may have such a name
    if (this.#terms[doc] === 0) this.#terms[doc] = this.#find(doc, foldedServer);
    const term = this.#terms[doc] ?? NO_TERM;
    return term === NO_TERM ? undefined : term - 1;
  }

  #find(doc: number, foldedServer: string): number {
    const name = this.#dictionary.text(this.#documents.name(doc)).slice(nameTerm("").length);
    const term = this.#dictionary.find(nameTerm(foldedServer + name));
    return term === undefined ? NO_TERM : term + 1;
  }
}
