import { type Node, parseTree } from "jsonc-parser";

/**
 * The text with a new value at a path, and not a character of what was there changed; objects missing on the way are made.
 * Undefined where the path leads through something that is no object, or to something that is there already.
 */
export function insertValue(text: string, path: readonly string[], value: unknown): string | undefined {
  const root = parseTree(text.replace(/^\uFEFF/, " "), [], { allowTrailingComma: true });
  const place = root && descend(root, path);
  const [key, ...rest] = place?.rest ?? [];
  if (!place || key === undefined) return undefined;
  const wrapped = rest.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), value);
  return insertProperty(text, place.object, key, wrapped);
}

interface Place {
  readonly object: Node;
  /** What of the path is not there yet. */
  readonly rest: readonly string[];
}

function descend(node: Node, path: readonly string[]): Place | undefined {
  if (node.type !== "object") return undefined;
  const [key, ...rest] = path;
  const property = node.children?.findLast((child) => child.children?.[0]?.value === key);
  const next = property?.children?.[1];
  return next ? descend(next, rest) : { object: node, rest: path };
}

function insertProperty(text: string, object: Node, key: string, value: unknown): string {
  const last = object.children?.at(-1);
  const at = last ? last.offset + last.length : object.offset + 1;
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const isOnLines = last ? text.slice(object.offset, last.offset).includes("\n") : false;
  const indent = isOnLines && last ? indentOf(text, last.offset) : "";
  const printed = isOnLines ? JSON.stringify(value, null, unitOf(text)).replaceAll("\n", `${eol}${indent}`) : inline(value);
  const gap = isOnLines ? `${eol}${indent}` : " ";
  const property = `${last ? "," : ""}${gap}${JSON.stringify(key)}: ${printed}${last ? "" : " "}`;
  return `${text.slice(0, at)}${property}${text.slice(at)}`;
}

/** What stands before the first word of a line. */
const indentOf = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1))?.[0] ?? "";

/** One step of indentation, as the file has it. */
const unitOf = (text: string): string => /^([ \t]+)\S/m.exec(text)?.[1] ?? "  ";

/** `{ "a": ["b", "c"] }`, on one line. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${inline(item)}`)
    .join(", ")} }`;
}
