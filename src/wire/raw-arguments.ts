import type { JsonObject } from "../model/json.ts";
import { RawObject } from "../model/raw-result.ts";
import { parseLosslessly } from "./exact-json.ts";

/** Arguments of a tool that were looked through and not read: valid JSON of an object in valid UTF-8, in one line. */
export class RawArguments extends RawObject {
  readonly pieces: readonly Uint8Array[];
  readonly #text: Buffer;
  #read: JsonObject | undefined;

  constructor(text: Buffer) {
    super();
    this.#text = text;
    this.pieces = [text];
  }

  override get bytes(): number {
    return this.#text.length;
  }

  /** The same object each time. */
  parse(): JsonObject {
    this.#read ??= parseLosslessly(this.#text.toString("utf8")) as JsonObject; // the scanner has seen its braces
    return this.#read;
  }
}
