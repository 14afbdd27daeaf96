import { Buffer } from "node:buffer";
import type { JsonObject } from "../model/json.ts";
import { type AddedMeta, type OneText, RawResult, type ResultParts } from "../model/raw-result.ts";
import { parseLosslessly, stringifyExactly } from "./exact-json.ts";
import { NOWHERE } from "./json-walk.ts";
import { escapedLength, unescapeJson } from "./unescape-json.ts";

/** Where in a result a value stands that may be long. */
export interface LongValue {
  /** The text or the base64 of a block, or the structured content. */
  readonly kind: "text" | "data" | "structured";
  /** The place of its block; for structured content of no meaning. */
  readonly block: number;
  readonly start: number;
  readonly end: number;
}

type Facts = Pick<RawResult, "isComplete" | "isError" | "hasMeta" | "textBytes" | "binaryBytes">;

/** Where the content ends and what in the result may be long, in their order, counted from the beginning of the first piece. */
export interface Places {
  readonly contentEnd: number;
  readonly longValues: readonly LongValue[];
}

/** For a result in which nothing is long. */
export const NOTHING_LONG: Places = { contentEnd: NOWHERE, longValues: [] };

/** A result the scanner has seen through: valid JSON in valid UTF-8. */
export class ScannedResult extends RawResult {
  readonly pieces: readonly Buffer[];
  readonly isComplete: boolean;
  readonly isError: boolean;
  readonly hasMeta: boolean;
  readonly textBytes: number;
  readonly binaryBytes: number;
  readonly #places: Places;

  constructor(pieces: readonly Buffer[], { isComplete, isError, hasMeta, textBytes, binaryBytes }: Facts, places: Places) {
    super();
    this.pieces = pieces;
    this.isComplete = isComplete;
    this.isError = isError;
    this.hasMeta = hasMeta;
    this.textBytes = textBytes;
    this.binaryBytes = binaryBytes;
    this.#places = places;
  }

  onItsOwn(): RawResult {
    const own = Buffer.allocUnsafeSlow(this.bytes); // of a pool it would keep much more alive
    let at = 0;
    for (const piece of this.pieces) at += piece.copy(own, at);
    return new ScannedResult([own], this, this.#places);
  }

  parse(): JsonObject {
    return parsed(this.pieces.map((piece) => piece.toString("utf8")).join(""));
  }

  takeApart(): ResultParts {
    const whole = this.#whole();
    const texts = new Map<number, Buffer>();
    const binaries = new Map<number, Buffer>();
    let structured: Buffer | undefined;
    let rest = "";
    let from = 0;
    for (const { kind, block, start, end } of this.#places.longValues) {
      if (kind === "text") texts.set(block, unescapeJson(whole.subarray(start + 1, end - 1)));
      else if (kind === "data") binaries.set(block, whole.subarray(start + 1, end - 1));
      else structured = Buffer.from(whole.subarray(start, end)); // whoever keeps it should not keep the whole
      rest += whole.toString("utf8", from, start) + (kind === "structured" ? "{}" : '""');
      from = end;
    }
    return { rest: parsed(rest + whole.toString("utf8", from)), texts, binaries, structured };
  }

  oneText(): OneText | undefined {
    const [value] = this.#places.longValues;
    if (this.hasMeta || value?.kind !== "text" || this.binaryBytes > 0 || this.textBytes > value.end - value.start)
      return undefined;
    const whole = this.#whole();
    const raw = whole.subarray(value.start + 1, value.end - 1);
    return {
      text: unescapeJson(raw),
      upTo: (bytes, block, meta) => this.#shortened(whole, value, escapedLength(raw, bytes), block, meta),
    };
  }

  #shortened(whole: Buffer, { start, end }: LongValue, length: number, block: JsonObject, meta: JsonObject): RawResult {
    const { contentEnd } = this.#places;
    const pieces = [
      whole.subarray(0, start + 1 + length),
      whole.subarray(end - 1, contentEnd - 1),
      Buffer.from(`,${stringifyExactly(block)}]`),
      whole.subarray(contentEnd, -1),
    ];
    return new ShortenedResult(pieces, meta, this);
  }

  #whole(): Buffer {
    const [first] = this.pieces;
    return first && this.pieces.length === 1 ? first : Buffer.concat(this.pieces);
  }
}

/** A result to which a `_meta` of ours was added; whatever in it may be long has been cut. */
class ShortenedResult extends ScannedResult {
  override readonly added: AddedMeta;

  constructor(before: readonly Buffer[], meta: JsonObject, { isComplete, isError }: RawResult) {
    const pieces = [...before, Buffer.from(`,"_meta":${stringifyExactly(meta)}}`)];
    const textBytes = pieces.reduce((sum, { length }) => sum + length, 0);
    super(pieces, { isComplete, isError, hasMeta: true, textBytes, binaryBytes: 0 }, NOTHING_LONG);
    this.added = { meta, before };
  }
}

/** An object, for the scanner has seen its braces. */
const parsed = (text: string): JsonObject => parseLosslessly(text) as JsonObject;
