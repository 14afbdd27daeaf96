import type { TightPostings } from "./tight-postings.ts";
import { Uint32List } from "./uint32-list.ts";

/** The impact of a term that a document could not have more strongly: a byte tells tools apart as well as a real number does. */
export const FULL_IMPACT = 255;
const SMALLEST_BLOCK = 2;
/** Postings of a page; a longer list has a page to itself. */
const PAGE_BITS = 16;
const PAGE = 1 << PAGE_BITS;

/** Documents and how strongly each has a term, list beside list. */
interface Page {
  readonly docs: Uint32Array;
  readonly impacts: Uint8Array;
}

/** Where a term's list stands in a page. */
export interface Span extends Page {
  readonly start: number;
  /** One past the last. */
  readonly stop: number;
}

const NO_PAGE: Page = newPage(0);

/**
 * For each term the documents that have it, ascending, and how strongly each has it (0 to 255). A list is one contiguous block in one of
 * many pages; it moves to a block of twice the size when full, and the block it leaves is used again. So nothing that grows is ever
 * copied as a whole, which would take longer than a turn of the event loop may.
 */
export class PostingLists {
  readonly #pages: Page[] = [];
  /** The page that new blocks are taken from, and how much of it is. */
  #page = 0;
  #used = PAGE;
  /** By term: the number of its page, and in its last bits where its list begins there. */
  readonly #places = new Uint32List();
  readonly #lengths = new Uint32List();
  /** Places of blocks that nobody uses, by the power of two of their size. */
  readonly #free: number[][] = [];
  /** Lists that nobody has asked for yet. */
  #packed: TightPostings | undefined;

  /** A term's list; the next `append` may make it stale. */
  span(term: number): Span {
    this.#know(term);
    const place = this.#places.at(term);
    const { docs, impacts } = this.#pageOf(place);
    const start = startOf(place);
    return { docs, impacts, start, stop: start + this.#lengths.at(term) };
  }

  /** The documents that have a term; the next `append` may make it stale. */
  documents(term: number): Uint32Array {
    const { docs, start, stop } = this.span(term);
    return docs.subarray(start, stop);
  }

  /** Adds a document at the end of a term's list; documents must come in ascending order. */
  append(term: number, doc: number, impact: number): void {
    this.#know(term);
    const length = this.#lengths.at(term);
    if (isFull(length)) this.#move(term, length);
    const place = this.#places.at(term);
    const { docs, impacts } = this.#pageOf(place);
    const at = startOf(place) + length;
    docs[at] = doc;
    impacts[at] = impact;
    this.#lengths.set(term, length + 1);
  }

  /** Takes over the lists of all terms, for lists that are empty; each is unpacked when it is first wanted. */
  adopt(packed: TightPostings): void {
    this.#packed = packed;
  }

  /** Has a list for a term: the packed one, or an empty one. */
  #know(term: number): void {
    while (this.#lengths.length <= term) {
      this.#places.push(0);
      this.#lengths.push(0);
    }
    if (this.#packed && this.#lengths.at(term) === 0) this.#unpack(term, this.#packed);
  }

  #unpack(term: number, packed: TightPostings): void {
    const [from, to] = packed.span(term);
    if (from === to) return;
    const place = this.#claim(blockFor(to - from));
    const { docs, impacts } = this.#pageOf(place);
    const start = startOf(place);
    packed.readDocuments(term, docs.subarray(start, start + to - from));
    impacts.set(packed.impacts.subarray(from, to), start);
    this.#places.set(term, place);
    this.#lengths.set(term, to - from);
  }

  #move(term: number, length: number): void {
    const to = this.#claim(Math.max(SMALLEST_BLOCK, length * 2));
    if (length > 0) {
      const from = this.#places.at(term);
      const [old, wider] = [this.#pageOf(from), this.#pageOf(to)];
      const start = startOf(from);
      wider.docs.set(old.docs.subarray(start, start + length), startOf(to));
      wider.impacts.set(old.impacts.subarray(start, start + length), startOf(to));
      this.#release(from, length);
    }
    this.#places.set(term, to);
  }

  #release(place: number, size: number): void {
    const power = Math.log2(size);
    const free = this.#free[power] ?? [];
    free.push(place);
    this.#free[power] = free;
  }

  #claim(size: number): number {
    const free = this.#free[Math.log2(size)]?.pop();
    if (free !== undefined) return free;
    if (size > PAGE) return this.#add(size) << PAGE_BITS;
    if (this.#used + size > PAGE) {
      this.#releaseRest();
      this.#page = this.#add(PAGE);
      this.#used = 0;
    }
    const place = (this.#page << PAGE_BITS) | this.#used;
    this.#used += size;
    return place;
  }

  /** Leaves what a page has left to smaller lists. */
  #releaseRest(): void {
    for (let size = SMALLEST_BLOCK; this.#used < PAGE; size *= 2) {
      if ((this.#used & size) === 0) continue;
      this.#release((this.#page << PAGE_BITS) | this.#used, size);
      this.#used += size;
    }
  }

  #add(size: number): number {
    this.#pages.push(newPage(size));
    return this.#pages.length - 1;
  }

  #pageOf(place: number): Page {
    return this.#pages[place >>> PAGE_BITS] ?? NO_PAGE;
  }
}

const startOf = (place: number): number => place & (PAGE - 1);

function newPage(size: number): Page {
  return { docs: new Uint32Array(size), impacts: new Uint8Array(size) };
}

/** Block sizes are powers of two, so a list is full exactly when its length is one (or it has no block yet). */
const isFull = (length: number): boolean => length === 0 || (length >= SMALLEST_BLOCK && (length & (length - 1)) === 0);

/** The size of the block that a list of this length has filled, or is filling. */
const blockFor = (length: number): number => Math.max(SMALLEST_BLOCK, 2 ** Math.ceil(Math.log2(length)));
