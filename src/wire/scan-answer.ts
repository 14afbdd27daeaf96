import { Buffer, isUtf8 } from "node:buffer";
import type { RawResult } from "../model/raw-result.ts";
import { MAX_MESSAGE_DEPTH } from "./json-rpc.ts";
import { JsonWalk, NOWHERE } from "./json-walk.ts";
import { type LongValue, NOTHING_LONG, type Places, ScannedResult } from "./scanned-result.ts";
import { isBase64 } from "./string-scan.ts";

/** An answer with a tool's result of the plainest kind, told from its bytes. */
export interface ScannedAnswer {
  readonly id: number;
  readonly result: RawResult;
}

const VERSION = Buffer.from('"2.0"');
const COMPLETE = Buffer.from('"complete"');
const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
const TEXT = Buffer.from('"text"');
const BLOCKS = [TEXT, Buffer.from('"image"'), Buffer.from('"audio"')];
const QUOTE = 0x22;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const OPEN_BRACE = 0x7b;
/** What is as long as that is worth to be kept apart. */
const LONG_BYTES = 1_024;
const NO_LINE = Buffer.alloc(0);
const KEYS = {
  jsonrpc: Buffer.from("jsonrpc"),
  id: Buffer.from("id"),
  result: Buffer.from("result"),
  content: Buffer.from("content"),
  isError: Buffer.from("isError"),
  structuredContent: Buffer.from("structuredContent"),
  meta: Buffer.from("_meta"),
  resultType: Buffer.from("resultType"),
  type: Buffer.from("type"),
  text: Buffer.from("text"),
  data: Buffer.from("data"),
  mimeType: Buffer.from("mimeType"),
};

/**
 * Looks at the bytes of an answer whether they can go to the host as they are, without being parsed: valid JSON and UTF-8 in one line, a
 * response with a whole number as its id and nothing unknown in it, a result whose blocks are texts, images and sounds that any host reads. Undefined on
 * any doubt, and for everything else: the parser is always right. It takes a tenth of the time of parsing and writing again.
 */
export const scanAnswer = (line: Buffer): ScannedAnswer | undefined => scanner.scan(line);

class AnswerScanner {
  readonly #walk = new JsonWalk(MAX_MESSAGE_DEPTH);
  #line: Buffer = NO_LINE;
  #id = Number.NaN;
  #version = false;
  #start = NOWHERE;
  #end = NOWHERE;
  /** Where the content ends; NOWHERE as long as there is none. */
  #contentEnd = NOWHERE;
  #isError = false;
  #hasMeta = false;
  #textBytes = 0;
  #binaryBytes = 0;
  /** Where the key and the value of `resultType` stand, which is the backend's word to us. */
  #typeStart = NOWHERE;
  #typeEnd = NOWHERE;
  /** What is worth to be taken out, by where it stands in the line. */
  #longValues: LongValue[] | undefined;
  #block = 0;
  #blockKind: Uint8Array | undefined;
  #blockParts = 0;

  scan(line: Buffer): ScannedAnswer | undefined {
    this.#begin(line);
    this.#walk.open(line);
    const end = this.#walk.object(this.#walk.space(0), this.#answerMember);
    const whole = end !== NOWHERE && this.#walk.space(end) === line.length;
    this.#walk.close();
    const answer =
      whole && this.#version && this.#contentEnd !== NOWHERE && !Number.isNaN(this.#id) && isUtf8(line)
        ? this.#answer()
        : undefined;
    this.#line = NO_LINE; // the scanner outlives the answer
    return answer;
  }

  #begin(line: Buffer): void {
    this.#line = line;
    this.#id = Number.NaN;
    this.#version = this.#isError = this.#hasMeta = false;
    this.#textBytes = this.#binaryBytes = 0;
    this.#start = this.#end = this.#contentEnd = this.#typeStart = this.#typeEnd = NOWHERE;
    this.#longValues = undefined;
    this.#block = 0;
  }

  #answer(): ScannedAnswer | undefined {
    const pieces = this.#typeStart === NOWHERE ? [this.#line.subarray(this.#start, this.#end)] : this.#withoutType();
    if (!pieces) return undefined;
    const facts = {
      isComplete: this.#typeStart !== NOWHERE,
      isError: this.#isError,
      hasMeta: this.#hasMeta,
      textBytes: this.#textBytes,
      binaryBytes: this.#binaryBytes,
    };
    return { id: this.#id, result: new ScannedResult(pieces, facts, this.#placesIn(pieces)) };
  }

  #placesIn([first, second]: readonly Buffer[]): Places {
    const values = this.#longValues;
    if (!values || !first) return NOTHING_LONG;
    const cut = this.#start + first.length;
    const left = this.#end - cut - (second?.length ?? 0);
    const inPieces = (at: number): number => at - this.#start - (at <= cut ? 0 : left);
    return {
      contentEnd: inPieces(this.#contentEnd),
      longValues: values.map(({ kind, block, start, end }) => ({ kind, block, start: inPieces(start), end: inPieces(end) })),
    };
  }

  /** The result around `resultType` and the comma that belongs to it; undefined where that is not next to it. */
  #withoutType(): readonly Buffer[] | undefined {
    const line = this.#line;
    let [from, to] = [this.#typeStart, this.#typeEnd];
    if (line[to] === COMMA) to += 1;
    else if (line[from - 1] === COMMA) from -= 1;
    else return undefined;
    return [line.subarray(this.#start, from), line.subarray(to, this.#end)];
  }

  readonly #answerMember = (keyStart: number, keyEnd: number, at: number): number => {
    if (this.#walk.isKey(KEYS.jsonrpc, keyStart, keyEnd)) {
      this.#version = this.#walk.startsWith(at, VERSION);
      return this.#walk.string(at);
    }
    if (this.#walk.isKey(KEYS.id, keyStart, keyEnd)) return this.#takeId(at);
    if (!this.#walk.isKey(KEYS.result, keyStart, keyEnd)) return NOWHERE;
    this.#start = at;
    this.#end = this.#walk.object(at, this.#resultMember);
    return this.#end;
  };

  #takeId(at: number): number {
    const end = this.#walk.number(at);
    this.#id = this.#walk.wholeNumber(at, end);
    return end;
  }

  readonly #resultMember = (keyStart: number, keyEnd: number, at: number): number => {
    if (this.#walk.isKey(KEYS.content, keyStart, keyEnd)) {
      this.#contentEnd = this.#walk.array(at, this.#oneBlock);
      return this.#contentEnd;
    }
    if (this.#walk.isKey(KEYS.structuredContent, keyStart, keyEnd)) return this.#structured(at);
    if (this.#walk.isKey(KEYS.meta, keyStart, keyEnd)) {
      this.#hasMeta = true;
      return this.#walk.object(at);
    }
    if (this.#walk.isKey(KEYS.isError, keyStart, keyEnd)) return this.#takeIsError(at);
    return this.#walk.isKey(KEYS.resultType, keyStart, keyEnd) ? this.#takeType(keyStart, at) : this.#walk.value(at);
  };

  #takeIsError(at: number): number {
    this.#isError = this.#walk.startsWith(at, TRUE);
    return this.#isError || this.#walk.startsWith(at, FALSE) ? this.#walk.value(at) : NOWHERE;
  }

  #takeType(keyStart: number, at: number): number {
    this.#typeStart = keyStart - 1;
    this.#typeEnd = this.#walk.startsWith(at, COMPLETE) ? this.#walk.string(at) : NOWHERE;
    return this.#typeEnd;
  }

  #structured(at: number): number {
    const end = this.#walk.object(at); // anything else is wrapped for hosts that expect an object
    return this.#countText("structured", at, end);
  }

  readonly #oneBlock = (at: number): number => {
    this.#blockKind = undefined;
    this.#blockParts = 0;
    if (this.#line[at] !== OPEN_BRACE) return NOWHERE;
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

const HAS_TEXT = 1;
const HAS_DATA = 2;
const HAS_MIME_TYPE = 4;

/** Whether it is base64 of whole bytes, as every host decodes it. */
function isWholeBase64(text: Uint8Array, start: number, end: number): boolean {
  let digits = end;
  while (digits > start && end - digits < 2 && text[digits - 1] === EQUALS) digits -= 1;
  return (end - start) % 4 === 0 && isBase64(text, start, digits);
}

const scanner = new AnswerScanner();
