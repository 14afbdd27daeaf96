import type { JsonObject } from "./json.ts";

/** A tool's result that was checked but not read: it can go to the host in the very bytes in which it came. */
export abstract class RawResult {
  abstract readonly isError: boolean;
  /** Whether its backend has called it complete, as those of the modern era must. */
  abstract readonly isComplete: boolean;
  /** Whether it brings a `_meta` of its own. */
  abstract readonly hasMeta: boolean;
  /** What of it is text and structured content, in bytes of JSON; decoded it is no more than that. */
  abstract readonly textBytes: number;
  /** What of it is images and sounds, in characters of base64. */
  abstract readonly binaryBytes: number;
  /** Its JSON text, in pieces. */
  abstract readonly pieces: readonly Uint8Array[];
  /** How long that is. */
  get bytes(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  /** The same on memory of its own, for whoever keeps it: what came with it can go then. */
  abstract onItsOwn(): RawResult;
  /** Reads it, for whoever has to look into it. */
  abstract parse(): JsonObject;
}

/** The result as an object, read now if it was not yet. */
export const readResult = (result: JsonObject | RawResult): JsonObject => (result instanceof RawResult ? result.parse() : result);
