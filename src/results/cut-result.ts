import { Buffer } from "node:buffer";
import type { ToolAnswer, ToolResult } from "../model/call.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import { type OneText, RawResult, type ResultParts } from "../model/raw-result.ts";
import { parseLosslessly, stringifyExactly } from "../wire/exact-json.ts";
import { jsonBytes } from "./json-bytes.ts";
import { pageStarts } from "./pages.ts";
import type { StoredResult } from "./result-store.ts";
import { blocksUpTo, joined, textOf } from "./text-blocks.ts";

/** A result as it is shown, and the whole it was cut from; or one that only lacks what one message cannot hold. */
export type CutResult = FirstPage | { readonly stored: undefined; readonly shown: ToolAnswer };

interface FirstPage {
  readonly stored: StoredResult;
  readonly pages: number;
  /** Whether it is shown without its structured content. */
  readonly isLess: boolean;
  /** With a block behind it and more in its `_meta`, which tell where the rest is. */
  readonly shown: (block: JsonObject, meta: JsonObject) => ToolAnswer;
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
 * than half, and is left out otherwise; images and files stay as they are as long as one message can hold them. Undefined if everything
 * fits. Of a result that was not read, no more is read than is shown.
 */
export function cutResult(result: ToolAnswer, budget: ResultBudget): CutResult | undefined {
  const one = result instanceof RawResult ? result.oneText() : undefined;
  if (one) return firstPageUnread(one, budget.text);
  const parts = result instanceof RawResult ? result.takeApart() : inOnePart(result);
  const { rest, texts: taken, binaries, structured: json } = parts;
  const blocks = Array.isArray(rest["content"]) ? (rest["content"] as readonly unknown[]) : [];
  const { content, lacksSome } = withoutHuge(blocks, binaries, budget.binary);
  const texts = content.map((block, at) => taken.get(at) ?? textOf(block));
  const structured = json ? structuredIn(json) : structuredOf(rest["structuredContent"], budget.text);
  const isLong = sizeOf(texts) + (structured?.bytes ?? 0) > budget.text;
  if (!isLong && !lacksSome) return undefined;
  if (isLong) return firstPage({ rest, content, texts, structured }, budget.text);
  const shown = together(rest, blocksUpTo(Number.POSITIVE_INFINITY, content, texts), structured);
  return { shown, stored: undefined };
}

/** Its one text stays in the escapes in which it came: to write a page anew takes longer than all else. */
function firstPageUnread(one: OneText, pageBytes: number): FirstPage | undefined {
  const { text } = one;
  if (text.length <= pageBytes) return undefined;
  const starts = pageStarts(text, pageBytes);
  return {
    shown: (block, meta) => one.upTo(starts[1] ?? text.length, block, meta),
    isLess: false,
    stored: { text, structured: undefined, pageBytes },
    pages: starts.length,
  };
}

interface Whole {
  readonly rest: ToolResult;
  readonly content: readonly unknown[];
  readonly texts: readonly (Buffer | undefined)[];
  readonly structured: Structured | undefined;
}

function firstPage({ rest, content, texts, structured }: Whole, bytes: number): FirstPage {
  const stays = structured !== undefined && structured.bytes <= bytes / 2;
  const json = structured?.json();
  const isText = json === undefined || sizeOf(texts) > 0;
  const text = isText ? joined(texts) : json;
  const pageBytes = stays ? bytes - structured.bytes : bytes;
  const starts = pageStarts(text, pageBytes);
  const end = starts[1] ?? Number.POSITIVE_INFINITY;
  const page = isText ? blocksUpTo(end, content, texts) : [...content, { type: "text", text: text.toString("utf8", 0, end) }];
  const shown = together(rest, page, stays ? structured : undefined);
  return {
    shown: (block, meta) => withMore(shown, block, meta),
    isLess: structured !== undefined && !stays,
    stored: { text, structured: json, pageBytes },
    pages: starts.length,
  };
}

const withMore = (shown: ToolResult, block: JsonObject, meta: JsonObject): ToolResult => ({
  ...shown,
  content: [...(shown["content"] as readonly unknown[]), block],
  _meta: { ...(isJsonObject(shown["_meta"]) ? shown["_meta"] : {}), ...meta },
});

/** Structured content, whose value and JSON are made where one is wanted. */
interface Structured {
  readonly bytes: number;
  readonly value: () => unknown;
  readonly json: () => Buffer;
}

const structuredIn = (json: Buffer): Structured => ({
  bytes: json.length,
  value: () => parseLosslessly(json.toString()),
  json: () => json,
});

function structuredOf(value: unknown, limit: number): Structured | undefined {
  if (value === undefined) return undefined;
  return { bytes: jsonBytes(value, limit), value: () => value, json: () => Buffer.from(stringifyExactly(value)) };
}

function together(rest: ToolResult, content: readonly unknown[], structured: Structured | undefined): ToolResult {
  const { structuredContent: _, ...others } = rest;
  return { ...others, ...(structured && { structuredContent: structured.value() }), content };
}

const inOnePart = (rest: ToolResult): ResultParts => ({
  rest,
  texts: new Map(),
  binaries: new Map(),
  structured: undefined,
});

const sizeOf = (texts: Whole["texts"]): number => texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);

/** The blocks with what was taken out of them, those that one message cannot hold replaced by a word about them; and whether there are such. */
function withoutHuge(blocks: readonly unknown[], binaries: ResultParts["binaries"], budget: number) {
  let left = budget;
  let lacksSome = false;
  const content = blocks.map((block, at) => {
    const bytes = binaries.get(at)?.length ?? binaryBytes(block);
    lacksSome ||= bytes > left;
    if (bytes > left) return leftOut(block, bytes);
    left -= bytes;
    const binary = binaries.get(at);
    return binary ? { ...(block as JsonObject), data: binary.toString("latin1") } : block;
  });
  return { content, lacksSome };
}

function binaryBytes(block: unknown): number {
  if (!isJsonObject(block)) return 0;
  const data = isJsonObject(block["resource"]) ? block["resource"]["blob"] : block["data"];
  return typeof data === "string" ? data.length : 0;
}

function leftOut(block: unknown, bytes: number): JsonObject {
  const megabytes = (bytes / 2 ** 20).toFixed(1);
  const kind = isJsonObject(block) ? String(block["type"]).slice(0, 20) : "";
  return { type: "text", text: `[${kind} of ${megabytes} MiB left out: too big for one message]` };
}
