import type { ToolResult } from "../model/call.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import { jsonBytes } from "./json-bytes.ts";
import { pageStarts } from "./pages.ts";
import type { StoredResult } from "./result-store.ts";

/** Blocks as they are shown, and the whole they were cut from; `stored` is undefined if nothing of the text was left out. */
export interface CutResult {
  readonly content: readonly unknown[];
  /** Left out where it alone is too big. */
  readonly structured: unknown;
  readonly stored: StoredResult | undefined;
  readonly pages: number;
}

/** How much of a result may be shown at once, in bytes. */
export interface ResultBudget {
  /** For its text and its structured content together. */
  readonly text: number;
  /** For its images, sounds and files together. */
  readonly binary: number;
}

/**
 * Cuts a result to its budget: of the text the first page stays, block by block; the structured content stays if it takes no more
 * than half; images and files stay as they are as long as one message can hold them. Undefined if everything fits.
 */
export function cutResult(result: ToolResult, budget: ResultBudget): CutResult | undefined {
  const blocks = Array.isArray(result["content"]) ? (result["content"] as readonly unknown[]) : [];
  const content = withoutHuge(blocks, budget.binary);
  const structured = result["structuredContent"];
  const structuredBytes = structured === undefined ? 0 : jsonBytes(structured, budget.text);
  const texts = content.map(textOf);
  const textBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), 0);
  if (textBytes + structuredBytes <= budget.text)
    return content === blocks ? undefined : { content, structured, stored: undefined, pages: 1 };
  const stays = structuredBytes <= budget.text / 2;
  const pageBytes = stays ? budget.text - structuredBytes : budget.text;
  const text = textBytes === 0 ? JSON.stringify(structured) : texts.filter((part) => part !== undefined).join(SEPARATOR);
  const starts = pageStarts(text, pageBytes);
  const shown = textBytes === 0 ? [...content, { type: "text", text: text.slice(0, starts[1]) }] : cutBlocks(content, starts[1]);
  return {
    content: shown,
    structured: stays ? structured : undefined,
    stored: { text, structured, pageBytes },
    pages: starts.length,
  };
}

const SEPARATOR = "\n\n";

/** The text of a text block or of a file that is text; undefined for all others. */
function textOf(block: unknown): string | undefined {
  if (!isJsonObject(block)) return undefined;
  const holder = block["type"] === "resource" && isJsonObject(block["resource"]) ? block["resource"] : block;
  return typeof holder["text"] === "string" ? holder["text"] : undefined;
}

/** The blocks up to the end of the first page; those without text all stay. */
function cutBlocks(blocks: readonly unknown[], end = Number.POSITIVE_INFINITY): readonly unknown[] {
  let left = end;
  return blocks.flatMap((block) => {
    const text = textOf(block);
    if (text === undefined) return [block];
    const room = left;
    left -= text.length + SEPARATOR.length;
    if (room >= text.length) return [block];
    return room > 0 ? [withText(block as JsonObject, text.slice(0, room))] : [];
  });
}

const withText = (block: JsonObject, text: string): JsonObject =>
  isJsonObject(block["resource"]) && block["type"] === "resource"
    ? { ...block, resource: { ...block["resource"], text } }
    : { ...block, text };

/** The same blocks, or those that one message cannot hold replaced by a word about them. */
function withoutHuge(blocks: readonly unknown[], budget: number): readonly unknown[] {
  let left = budget;
  const fits = blocks.map((block) => {
    const bytes = binaryBytes(block);
    if (bytes > left) return false;
    left -= bytes;
    return true;
  });
  if (fits.every(Boolean)) return blocks;
  return blocks.map((block, at) => (fits[at] ? block : leftOut(block)));
}

function binaryBytes(block: unknown): number {
  if (!isJsonObject(block)) return 0;
  const data = isJsonObject(block["resource"]) ? block["resource"]["blob"] : block["data"];
  return typeof data === "string" ? data.length : 0;
}

function leftOut(block: unknown): JsonObject {
  const megabytes = (binaryBytes(block) / 2 ** 20).toFixed(1);
  const kind = isJsonObject(block) ? String(block["type"]).slice(0, 20) : "";
  return { type: "text", text: `[${kind} of ${megabytes} MiB left out: too big for one message]` };
}
