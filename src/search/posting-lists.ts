import type { TightPostings } from "./tight-postings.ts";
import { Uint32List } from "./uint32-list.ts";

/** The impact of a term that a document could not have more strongly: a byte tells tools apart as well as a real number does. */
export const FULL_IMPACT = 255;
const SMALLEST_BLOCK = 2;
/** Postings of a usual tool, with the room that half-full blocks leave. */
const ROOM_PER_DOCUMENT = 100;

export interface Span {
  readonly start: number;
  /** One past the last. */
  readonly stop: number;
}

/**
 * For each term the documents that have it, ascending, and how strongly each has it (0 to 255). All lists share two typed
 * arrays: a list is one contiguous block that moves to one of twice the size when full, and the block it leaves is used again.
 */
export class PostingLists {
  docs = new Uint32Array(1 << 14);
  impacts = new Uint8Array(1 << 14);
  #used = 0;
  readonly #starts = new Uint32List();
  readonly #lengths = new Uint32List();
  /** Blocks nobody uses, by the power of two of their size. */
  readonly #free: number[][] = [];
  /** Lists that nobody has asked for yet. */
  #packed: TightPostings | undefined;

  /** Where a term's list begins and ends in `docs` and `impacts`; they may be others than before. */
  span(term: number): Span {
    this.#know(term);
    const start = this.#starts.at(term);
    return { start, stop: start + this.#lengths.at(term) };
  }

  /** The documents that have a term; the next `append` or `span` may make it stale. */
  documents(term: number): Uint32Array {
    const { start, stop } = this.span(term);
    return this.docs.subarray(start, stop);
  }

  /** Makes room for so many documents at once, where it is known that they will come: growing bit by bit means copying. */
  reserve(documents: number): void {
    const wanted = this.#used + documents * ROOM_PER_DOCUMENT;
    if (wanted > this.docs.length) this.#growTo(wanted);
  }

  /** Adds a document at the end of a term's list; documents must come in ascending order. */
  append(term: number, doc: number, impact: number): void {
    this.#know(term);
    const length = this.#lengths.at(term);
    if (isFull(length)) this.#move(term, length);
    const at = this.#starts.at(term) + length;
    this.docs[at] = doc;
    this.impacts[at] = impact;
    this.#lengths.set(term, length + 1);
  }

  /** Takes over the lists of all terms, for lists that are empty; each is unpacked when it is first wanted. */
  adopt(packed: TightPostings): void {
    this.#packed = packed;
  }

  /** Has a list for a term: the packed one, or an empty one. */
  #know(term: number): void {
    while (this.#lengths.length <= term) {
      this.#starts.push(0);
      this.#lengths.push(0);
    }
    if (this.#packed && this.#lengths.at(term) === 0) this.#unpack(term, this.#packed);
  }

  #unpack(term: number, packed: TightPostings): void {
    const [from, to] = packed.span(term);
    if (from === to) return;
    const start = this.#claim(blockFor(to - from));
    packed.readDocuments(term, this.docs.subarray(start, start + to - from));
    this.impacts.set(packed.impacts.subarray(from, to), start);
    this.#starts.set(term, start);
    this.#lengths.set(term, to - from);
  }

  #move(term: number, length: number): void {
    const to = this.#claim(Math.max(SMALLEST_BLOCK, length * 2));
    if (length > 0) {
      const from = this.#starts.at(term);
      this.docs.copyWithin(to, from, from + length);
      this.impacts.copyWithin(to, from, from + length);
      this.#release(from, length);
    }
    this.#starts.set(term, to);
  }

  #release(start: number, size: number): void {
    const power = Math.log2(size);
    const free = this.#free[power] ?? [];
    free.push(start);
    this.#free[power] = free;
  }

  #claim(size: number): number {
    const free = this.#free[Math.log2(size)]?.pop();
    if (free !== undefined) return free;
    const start = this.#used;
    this.#used += size;
    if (this.#used > this.docs.length) this.#growTo(Math.max(this.#used, Math.ceil(this.docs.length * 1.5)));
    return start;
  }

  #growTo(size: number): void {
    const docs = new Uint32Array(size);
    const impacts = new Uint8Array(size);
    docs.set(this.docs);
    impacts.set(this.impacts);
    this.docs = docs;
    this.impacts = impacts;
  }
}

/** Block sizes are powers of two, so a list is full exactly when its length is one (or it has no block yet). */
const isFull = (length: number): boolean => length === 0 || (length >= SMALLEST_BLOCK && (length & (length - 1)) === 0);

/** The size of the block that a list of this length has filled, or is filling. */
const blockFor = (length: number): number => Math.max(SMALLEST_BLOCK, 2 ** Math.ceil(Math.log2(length)));
