import { Buffer } from "node:buffer";
import { type JsonWalk, NOWHERE } from "./json-walk.ts";
import type { LongValue } from "./scanned-result.ts";
import { isBase64 } from "./string-scan.ts";

const TEXT = Buffer.from('"text"');
const BLOCKS = [TEXT, Buffer.from('"image"'), Buffer.from('"audio"')];
const QUOTE = 0x22;
const EQUALS = 0x3d;
/** What is as long as that is worth to be kept apart. */
const LONG_BYTES = 1_024;
const NO_LINE = Buffer.alloc(0);
const KEYS = {
  type: Buffer.from("type"),
  text: Buffer.from("text"),
  data: Buffer.from("data"),
  mimeType: Buffer.from("mimeType"),
};

/** What a block has; each kind has to have its own. */
const HAS_TEXT = 1;
const HAS_DATA = 2;
const HAS_MIME_TYPE = 4;

/** Looks through what a result holds for its reader, on a walk of its owner's: texts, images and sounds that any host reads. */
export class ContentScanner {
  readonly #walk: JsonWalk;
  #line: Buffer = NO_LINE;
  #textBytes = 0;
  #binaryBytes = 0;
  #longValues: LongValue[] | undefined;
  #block = 0;
  #blockKind: Uint8Array | undefined;
  #blockParts = 0;

  constructor(walk: JsonWalk) {
    this.#walk = walk;
  }

  /** How many bytes its texts have, as they are written, with their quotes; structured content is text, too. */
  get textBytes(): number {
    return this.#textBytes;
  }

  /** How many bytes of base64 its images and sounds have. */
  get binaryBytes(): number {
    return this.#binaryBytes;
  }

  /** What is worth to be taken out, by where it stands in the line; undefined if nothing is. */
  get longValues(): readonly LongValue[] | undefined {
    return this.#longValues;
  }

  open(line: Buffer): void {
    this.#line = line;
    this.#textBytes = this.#binaryBytes = this.#block = 0;
    this.#longValues = undefined;
  }

  close(): void {
    this.#line = NO_LINE; // the scanner outlives the line
  }

  /** Where the blocks end that begin at `at`; NOWHERE if one of them is of another kind, or is not what its kind has to be. */
  blocks(at: number): number {
    return this.#walk.array(at, this.#oneBlock);
  }

  /** Where the structured content ends that begins at `at`; NOWHERE for what hosts do not expect there. */
  structured(at: number): number {
    const end = this.#walk.object(at); // anything else is wrapped for hosts that expect an object
    return this.#countText("structured", at, end);
  }

  readonly #oneBlock = (at: number): number => {
    this.#blockKind = undefined;
    this.#blockParts = 0;
    const end = this.#walk.object(at, this.#blockMember);
    this.#block += 1;
    const wanted = this.#blockKind === TEXT ? HAS_TEXT : HAS_DATA | HAS_MIME_TYPE;
    return this.#blockKind && (this.#blockParts & wanted) === wanted ? end : NOWHERE;
  };

  readonly #blockMember = (keyStart: number, keyEnd: number, at: number): number => {
    if (this.#walk.isKey(KEYS.type, keyStart, keyEnd)) {
      this.#blockKind = this.#kindAt(at);
      return this.#walk.string(at);
    }
    if (this.#walk.isKey(KEYS.text, keyStart, keyEnd)) return this.#text(at);
    if (this.#walk.isKey(KEYS.data, keyStart, keyEnd)) return this.#data(at);
    if (!this.#walk.isKey(KEYS.mimeType, keyStart, keyEnd)) return this.#walk.value(at);
    this.#blockParts |= HAS_MIME_TYPE;
    return this.#walk.string(at);
  };

  #kindAt(at: number): Uint8Array | undefined {
    for (const kind of BLOCKS) if (this.#walk.startsWith(at, kind)) return kind;
    return undefined;
  }

  #text(at: number): number {
    this.#blockParts |= HAS_TEXT;
    return this.#countText("text", at, this.#walk.string(at));
  }

  #countText(kind: LongValue["kind"], start: number, end: number): number {
    this.#textBytes += end - start;
    return this.#noteLong(kind, start, end);
  }

  #noteLong(kind: LongValue["kind"], start: number, end: number): number {
    if (end - start < LONG_BYTES) return end;
    this.#longValues ??= [];
    this.#longValues.push({ kind, block: this.#block, start, end });
    return end;
  }

  #data(at: number): number {
    const line = this.#line;
    const quote = line.indexOf(QUOTE, at + 1); // no digit of base64 needs an escape
    if (line[at] !== QUOTE || quote < 0 || !isWholeBase64(line, at + 1, quote)) return NOWHERE;
    this.#blockParts |= HAS_DATA;
    this.#binaryBytes += quote - at - 1;
    return this.#noteLong("data", at, quote + 1);
  }
}

/** Whether it is base64 of whole bytes, as every host decodes it. */
function isWholeBase64(text: Uint8Array, start: number, end: number): boolean {
  let digits = end;
  while (digits > start && end - digits < 2 && text[digits - 1] === EQUALS) digits -= 1;
  return (end - start) % 4 === 0 && isBase64(text, start, digits);
}
