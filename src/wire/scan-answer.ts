import { Buffer, isUtf8 } from "node:buffer";
import type { RawResult } from "../model/raw-result.ts";
import { MAX_MESSAGE_DEPTH } from "./json-rpc.ts";
import { JsonWalk, NOWHERE } from "./json-walk.ts";
import { ContentScanner } from "./scan-content.ts";
import { NOTHING_LONG, type Places, ScannedResult } from "./scanned-result.ts";

/** An answer with a tool's result of the plainest kind, told from its bytes. */
export interface ScannedAnswer {
  readonly id: number;
  readonly result: RawResult;
}

const VERSION = Buffer.from('"2.0"');
const COMPLETE = Buffer.from('"complete"');
const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
const COMMA = 0x2c;
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
};

/**
 * Looks at the bytes of an answer whether they can go to the host as they are, without being parsed: valid JSON and UTF-8 in one line, a
 * response with a whole number as its id and nothing unknown in it, a result whose blocks are texts, images and sounds that any host reads. Undefined on
 * any doubt, and for everything else: the parser is always right. It takes a tenth of the time of parsing and writing again.
 */
export const scanAnswer = (line: Buffer): ScannedAnswer | undefined => scanner.scan(line);

class AnswerScanner {
  readonly #walk = new JsonWalk(MAX_MESSAGE_DEPTH);
  readonly #content = new ContentScanner(this.#walk);
  #line: Buffer = NO_LINE;
  #id = Number.NaN;
  #version = false;
  #start = NOWHERE;
  #end = NOWHERE;
  /** Where the content ends; NOWHERE as long as there is none. */
  #contentEnd = NOWHERE;
  #isError = false;
  #hasMeta = false;
  /** Where the key and the value of `resultType` stand, which is the backend's word to us. */
  #typeStart = NOWHERE;
  #typeEnd = NOWHERE;

  scan(line: Buffer): ScannedAnswer | undefined {
    this.#begin(line);
    this.#walk.open(line);
    this.#content.open(line);
    const end = this.#walk.object(this.#walk.space(0), this.#answerMember);
    const whole = end !== NOWHERE && this.#walk.space(end) === line.length;
    this.#walk.close();
    this.#content.close();
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
    this.#start = this.#end = this.#contentEnd = this.#typeStart = this.#typeEnd = NOWHERE;
  }

  #answer(): ScannedAnswer | undefined {
    const pieces = this.#typeStart === NOWHERE ? [this.#line.subarray(this.#start, this.#end)] : this.#withoutType();
    if (!pieces) return undefined;
    const facts = {
      isComplete: this.#typeStart !== NOWHERE,
      isError: this.#isError,
      hasMeta: this.#hasMeta,
      textBytes: this.#content.textBytes,
      binaryBytes: this.#content.binaryBytes,
    };
    return { id: this.#id, result: new ScannedResult(pieces, facts, this.#placesIn(pieces)) };
  }

  #placesIn([first, second]: readonly Buffer[]): Places {
    const values = this.#content.longValues;
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
      this.#contentEnd = this.#content.blocks(at);
      return this.#contentEnd;
    }
    if (this.#walk.isKey(KEYS.structuredContent, keyStart, keyEnd)) return this.#content.structured(at);
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
}

const scanner = new AnswerScanner();
