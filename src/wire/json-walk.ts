import { Buffer } from "node:buffer";
import { IS_PLAIN, stringStop } from "./string-scan.ts";

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LOWER_E = 0x65;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const LOWER_U = 0x75;
const NO_TEXT = Buffer.alloc(0);
const LITERALS = [Buffer.from("true"), Buffer.from("false"), Buffer.from("null")];
const ESCAPES = new Set(Buffer.from('"\\/bfnrtu'));
/** From here on it pays to look at many bytes at a time. */
const LONG_STRING = 96;
/** Every number of so many digits is a double. */
const SAFE_DIGITS = 15;
/** Objects with more members are left to the parser, which has a hash table. */
const MOST_MEMBERS = 48;

/** What the text does not hold: something that is no valid JSON, or not of the kind that is walked. */
export const NOWHERE = -1;

/** Is given the bounds of a key and where its value begins; answers where the value ends, or NOWHERE. */
export type MemberVisitor = (keyStart: number, keyEnd: number, at: number) => number;
export type ItemVisitor = (at: number) => number;

/**
 * Walks over JSON text (RFC 8259) without making values of it, and stricter than need be: line breaks and tabs between
 * values, keys with escapes or in great number, and keys given twice are refused, for the parser to judge. Each step takes the position where something
 * begins and answers the one behind it, or NOWHERE. Whether the bytes are UTF-8 is not its question.
 */
export class JsonWalk {
  readonly #maxDepth: number;
  #text: Uint8Array = NO_TEXT;
  #depth = 0;
  /** Where the keys of the objects that are open begin and end, the innermost last; kept, since a new list for each object shows. */
  readonly #keys: number[] = [];
  #keysEnd = 0;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  /** Begins with another text. */
  open(text: Uint8Array): void {
    this.#text = text;
    this.#depth = this.#keysEnd = 0;
  }

  /** Lets go of the text. */
  close(): void {
    this.open(NO_TEXT);
  }

  space(from: number): number {
    let at = from;
    while (this.#text[at] === SPACE) at += 1;
    return at;
  }

  /** Whether these very characters begin there. */
  startsWith(at: number, characters: Uint8Array): boolean {
    const text = this.#text;
    for (let index = 0; index < characters.length; index += 1) if (text[at + index] !== characters[index]) return false;
    return true;
  }

  /** Whether a key with these bounds is that one. */
  isKey(key: Uint8Array, start: number, end: number): boolean {
    return end - start === key.length && this.startsWith(start, key);
  }

  /** The number that the digits between the two places write; NaN where anything else is among them, or more than a double holds. */
  wholeNumber(start: number, end: number): number {
    if (end - start > SAFE_DIGITS) return Number.NaN;
    let value = 0;
    for (let at = start; at < end; at += 1) {
      const byte = this.#text[at];
      if (!isDigit(byte)) return Number.NaN;
      value = value * 10 + (byte ?? 0) - ZERO;
    }
    return value;
  }

  value(at: number): number {
    const byte = this.#text[at];
    if (byte === QUOTE) return this.string(at);
    if (byte === OPEN_BRACE) return this.object(at);
    if (byte === OPEN_BRACKET) return this.array(at);
    if (byte === MINUS || isDigit(byte)) return this.number(at);
    for (const word of LITERALS) if (this.startsWith(at, word)) return at + word.length;
    return NOWHERE;
  }

  object(from: number, visit?: MemberVisitor): number {
    if (this.#text[from] !== OPEN_BRACE || this.#depth >= this.#maxDepth) return NOWHERE;
    this.#depth += 1;
    let at = this.space(from + 1);
    if (this.#text[at] !== CLOSE_BRACE) at = this.#members(at, visit);
    this.#depth -= 1;
    return this.#text[at] === CLOSE_BRACE ? at + 1 : NOWHERE;
  }

  array(from: number, visit?: ItemVisitor): number {
    if (this.#text[from] !== OPEN_BRACKET || this.#depth >= this.#maxDepth) return NOWHERE;
    this.#depth += 1;
    let at = this.space(from + 1);
    if (this.#text[at] !== CLOSE_BRACKET) at = this.#items(at, visit);
    this.#depth -= 1;
    return this.#text[at] === CLOSE_BRACKET ? at + 1 : NOWHERE;
  }

  string(from: number): number {
    const text = this.#text;
    if (text[from] !== QUOTE) return NOWHERE;
    const soon = from + LONG_STRING;
    let at = from + 1;
    for (;;) {
      while (at < soon && IS_PLAIN[text[at] ?? 0] === 1) at += 1;
      if (at >= soon) at = stringStop(text, at);
      const byte = text[at];
      if (byte === QUOTE) return at + 1;
      if (byte !== BACKSLASH) return NOWHERE;
      at = this.#escape(at + 1);
      if (at === NOWHERE) return NOWHERE;
    }
  }

  number(from: number): number {
    const text = this.#text;
    const first = text[from] === MINUS ? from + 1 : from;
    let at = text[first] === ZERO ? first + 1 : this.#digits(first);
    if (text[at] === POINT) at = this.#digits(at + 1);
    if (text[at] !== LOWER_E && text[at] !== UPPER_E) return at;
    const signed = text[at + 1] === MINUS || text[at + 1] === PLUS;
    return this.#digits(signed ? at + 2 : at + 1);
  }

  /** Where the first member that is not followed by another one ends, with the space behind it. */
  #members(from: number, visit: MemberVisitor | undefined): number {
    const keysStart = this.#keysEnd;
    for (let at = from; ; at = this.space(at + 1)) {
      const keyEnd = this.string(at) - 1;
      if (keyEnd < 0 || !this.#isNewKey(keysStart, at + 1, keyEnd)) return NOWHERE;
      const colon = this.space(keyEnd + 1);
      if (this.#text[colon] !== COLON) return NOWHERE;
      const value = this.space(colon + 1);
      const end = visit ? visit(at + 1, keyEnd, value) : this.value(value);
      if (end === NOWHERE) return NOWHERE;
      at = this.space(end);
      if (this.#text[at] === COMMA) continue;
      this.#keysEnd = keysStart;
      return at;
    }
  }

  #items(from: number, visit: ItemVisitor | undefined): number {
    for (let at = from; ; at = this.space(at + 1)) {
      const end = visit ? visit(at) : this.value(at);
      if (end === NOWHERE) return NOWHERE;
      at = this.space(end);
      if (this.#text[at] !== COMMA) return at;
    }
  }

  /** Notes a key of the object whose keys start there; false for one it has already, one with an escape, and one too many. */
  #isNewKey(keysStart: number, start: number, end: number): boolean {
    const [text, keys, keysEnd] = [this.#text, this.#keys, this.#keysEnd];
    if (keysEnd - keysStart >= 2 * MOST_MEMBERS) return false;
    for (let at = start; at < end; at += 1) if (text[at] === BACKSLASH) return false;
    for (let index = keysStart; index < keysEnd; index += 2) {
      if (this.#areEqual(keys[index] ?? 0, keys[index + 1] ?? 0, start, end)) return false;
    }
    keys[keysEnd] = start;
    keys[keysEnd + 1] = end;
    this.#keysEnd = keysEnd + 2;
    return true;
  }

  #areEqual(start: number, end: number, otherStart: number, otherEnd: number): boolean {
    if (end - start !== otherEnd - otherStart) return false;
    const text = this.#text;
    for (let at = start; at < end; at += 1) if (text[at] !== text[otherStart + at - start]) return false;
    return true;
  }

  #digits(from: number): number {
    let at = from;
    while (isDigit(this.#text[at])) at += 1;
    return at > from ? at : NOWHERE;
  }

  #escape(at: number): number {
    const byte = this.#text[at] ?? 0;
    if (!ESCAPES.has(byte)) return NOWHERE;
    if (byte !== LOWER_U) return at + 1;
    for (let digit = at + 1; digit <= at + 4; digit += 1) if (!isHex(this.#text[digit])) return NOWHERE;
    return at + 5;
  }
}

const isDigit = (byte = 0): boolean => byte >= ZERO && byte <= NINE;
const isHex = (byte = 0): boolean => isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
