import type { Buffer } from "node:buffer";
import type { JsonObject } from "./json.ts";

/** An object that was not read: its JSON text goes to the host in the very bytes in which it came. */
export abstract class RawObject {
  /** Its JSON text, in pieces. */
  abstract readonly pieces: readonly Uint8Array[];

  /** How long that is. */
  get bytes(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  /** Reads it, for whoever has to look into it. */
  abstract parse(): JsonObject;
}

/** A tool's result that was checked and not read. */
export abstract class RawResult extends RawObject {
  abstract readonly isError: boolean;
  /** Whether its backend has called it complete, as those of the modern era must. */
  abstract readonly isComplete: boolean;
  /** Whether it brings a `_meta` of its own. */
  abstract readonly hasMeta: boolean;
  /** What of it is text and structured content, in bytes of JSON; decoded it is no more than that. */
  abstract readonly textBytes: number;
  /** What of it is images and sounds, in characters of base64. */
  abstract readonly binaryBytes: number;

  /** Its `_meta`, if that is of our own making. */
  readonly added?: AddedMeta | undefined;

  /** The same on memory of its own, for whoever keeps it: what came with it can go then. */
  abstract onItsOwn(): RawResult;
  /** Reads all but what may be long. */
  abstract takeApart(): ResultParts;
  /** Its text, if that is long and there is nothing beside it: no other block, no structured content, no `_meta`. */
  abstract oneText(): OneText | undefined;
}

/** A `_meta` that was put behind everything else in a result, and the pieces before it, up to where its comma goes. */
export interface AddedMeta {
  readonly meta: JsonObject;
  readonly before: readonly Uint8Array[];
}

/** The only text of a result that was not read. */
export interface OneText {
  /** As UTF-8 on memory of its own. */
  readonly text: Buffer;
  /** The result with the text's first `bytes`, which end where a character does, in the escapes in which it came; with a block behind it and a `_meta`. */
  upTo(bytes: number, block: JsonObject, meta: JsonObject): RawResult;
}

/** A result whose long values are still bytes, for whoever shows a part of them. */
export interface ResultParts {
  /** All else of it; where a part was taken out stands something empty. */
  readonly rest: JsonObject;
  /** The texts that were taken out, as UTF-8 on memory of their own, by the place of their block. */
  readonly texts: ReadonlyMap<number, Buffer>;
  /** The images and sounds that were taken out, in base64 on the memory of the answer, by the place of their block. */
  readonly binaries: ReadonlyMap<number, Buffer>;
  /** The structured content as JSON on memory of its own, if it was taken out. */
  readonly structured: Buffer | undefined;
}

/** The object itself, read now if it was not yet. */
export const readRaw = (result: JsonObject | RawObject): JsonObject => (result instanceof RawObject ? result.parse() : result);
