import { Buffer } from "node:buffer";
import type { JsonObject } from "../model/json.ts";
import { RawResult, type ResultParts } from "../model/raw-result.ts";
import { parseLosslessly } from "./exact-json.ts";
import { unescapeJson } from "./unescape-json.ts";

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

/** A result the scanner has seen through: valid JSON in valid UTF-8. */
export class ScannedResult extends RawResult {
  readonly pieces: readonly Buffer[];
  readonly isComplete: boolean;
  readonly isError: boolean;
  readonly hasMeta: boolean;
  readonly textBytes: number;
  readonly binaryBytes: number;
  /** In their order, counted from the beginning of the first piece. */
  readonly #longValues: readonly LongValue[];

  constructor(
    pieces: readonly Buffer[],
    { isComplete, isError, hasMeta, textBytes, binaryBytes }: Facts,
    longValues: readonly LongValue[],
  ) {
    super();
    this.pieces = pieces;
    this.isComplete = isComplete;
    this.isError = isError;
    this.hasMeta = hasMeta;
    this.textBytes = textBytes;
    this.binaryBytes = binaryBytes;
    this.#longValues = longValues;
  }

  onItsOwn(): RawResult {
    const own = Buffer.allocUnsafeSlow(this.bytes); // of a pool it would keep much more alive
    let at = 0;
    for (const piece of this.pieces) at += piece.copy(own, at);
    return new ScannedResult([own], this, this.#longValues);
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
    for (const { kind, block, start, end } of this.#longValues) {
      if (kind === "text") texts.set(block, unescapeJson(whole.subarray(start + 1, end - 1)));
      else if (kind === "data") binaries.set(block, whole.subarray(start + 1, end - 1));
      else structured = Buffer.from(whole.subarray(start, end)); // whoever keeps it should not keep the whole
      rest += whole.toString("utf8", from, start) + (kind === "structured" ? "{}" : '""');
      from = end;
    }
    return { rest: parsed(rest + whole.toString("utf8", from)), texts, binaries, structured };
  }

  #whole(): Buffer {
    const [first] = this.pieces;
    return first && this.pieces.length === 1 ? first : Buffer.concat(this.pieces);
  }
}

/** An object, for the scanner has seen its braces. */
const parsed = (text: string): JsonObject => parseLosslessly(text) as JsonObject;
