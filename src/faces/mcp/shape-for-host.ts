import { isJsonObject, type JsonObject } from "../../model/json.ts";
import type { Era } from "../../model/ports.ts";

const KNOWN_BLOCKS: ReadonlySet<unknown> = new Set(["text", "image", "audio", "resource", "resource_link"]);
/** What may not stand in base64; one character at a time, so that megabytes cannot make the pattern backtrack. */
const NOT_BASE64 = /[^A-Za-z0-9+/]/;

/**
 * Adapts the little that would make a host refuse the whole answer: unknown block types and invalid base64 become text,
 * and for hosts of the legacy era `structuredContent` that is no object is wrapped as `{result}`. All else stays as it came.
 */
export function shapeForHost(result: JsonObject, era: Era): JsonObject {
  const content = Array.isArray(result["content"]) ? (result["content"] as readonly unknown[]) : [];
  const structured = result["structuredContent"];
  const wrap = era === "legacy" && structured !== undefined && !isJsonObject(structured);
  if (Array.isArray(result["content"]) && content.every(isFit) && !wrap) return result;
  return {
    ...result,
    content: content.map((block) => (isFit(block) ? block : { type: "text", text: JSON.stringify(block) })),
    ...(wrap && { structuredContent: { result: structured } }),
  };
}

function isFit(block: unknown): boolean {
  if (!isJsonObject(block) || !KNOWN_BLOCKS.has(block["type"])) return false;
  switch (block["type"]) {
    case "text":
      return typeof block["text"] === "string";
    case "image":
    case "audio":
      return isBase64(block["data"]) && typeof block["mimeType"] === "string";
    case "resource":
      return isJsonObject(block["resource"]) && (block["resource"]["blob"] === undefined || isBase64(block["resource"]["blob"]));
    default:
      return true;
  }
}

function isBase64(value: unknown): boolean {
  if (typeof value !== "string" || value.length % 4 !== 0) return false;
  const padding = value.endsWith("==") ? 2 : Number(value.endsWith("="));
  return !NOT_BASE64.test(value.slice(0, value.length - padding));
}
