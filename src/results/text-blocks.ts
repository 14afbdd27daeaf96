import { Buffer } from "node:buffer";
import { isJsonObject, type JsonObject } from "../model/json.ts";

const SEPARATOR = Buffer.from("\n\n");

/** The text of a text block or of a file that is text, as UTF-8; undefined for all others. */
export function textOf(block: unknown): Buffer | undefined {
  const text = isJsonObject(block) ? holderIn(block)["text"] : undefined;
  return typeof text === "string" ? Buffer.from(text) : undefined;
}

/** The texts of blocks one after another; undefined ones are of blocks without. */
export function joined(texts: readonly (Buffer | undefined)[]): Buffer {
  const parts = texts.filter((text) => text !== undefined);
  const [first] = parts;
  return first && parts.length === 1
    ? first
    : Buffer.concat(parts.flatMap((text, at) => (at === 0 ? [text] : [SEPARATOR, text])));
}

/** The blocks up to a place in the joined texts, those with text that was taken out of them as well; those without text all stay. */
export function blocksUpTo(end: number, blocks: readonly unknown[], texts: readonly (Buffer | undefined)[]): readonly unknown[] {
  let left = end;
  return blocks.flatMap((block, at) => {
    const text = texts[at];
    if (text === undefined) return [block];
    const room = left;
    left -= text.length + SEPARATOR.length;
    if (room >= text.length && (text.length === 0 || holderIn(block as JsonObject)["text"] !== "")) return [block];
    return room > 0 ? [withText(block as JsonObject, text.toString("utf8", 0, room))] : [];
  });
}

function withText(block: JsonObject, text: string): JsonObject {
  const holder = holderIn(block);
  return holder === block ? { ...block, text } : { ...block, resource: { ...holder, text } };
}

const holderIn = (block: JsonObject): JsonObject =>
  block["type"] === "resource" && isJsonObject(block["resource"]) ? block["resource"] : block;
