/** Any value JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object whose unknown fields survive: foreign data keeps its shape. */
export interface JsonObject {
  readonly [key: string]: unknown;
}

/** Whether a value is a plain JSON object (not null, not an array). */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * JSON text with sorted object keys, so that equal values have equal texts (RFC 8785 key order; numbers as
 * `JSON.stringify` prints them). Throws a RangeError on values nested deeper than the stack allows: bound the depth first.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(",")}}`;
}

/** About how many bytes a value takes as JSON: text counts by its length, everything else a few bytes; cheap and never deep. */
export function roughBytes(value: unknown): number {
  let bytes = 0;
  const waiting: unknown[] = [value];
  for (let item = waiting.pop(); item !== undefined || waiting.length > 0; item = waiting.pop()) {
    bytes += 8;
    if (typeof item === "string") bytes += item.length;
    else if (typeof item === "object" && item !== null) for (const part of Object.values(item)) waiting.push(part);
  }
  return bytes;
}

/**
 * One object with the members of all; later ones win. A spread does the same, but what it adds members to becomes a hidden class
 * of its own each time: that takes microseconds, and makes everything slow that reads such objects.
 */
export function merged(...parts: readonly (JsonObject | undefined)[]): JsonObject {
  const all: Record<string, unknown> = {};
  for (const part of parts) {
    for (const key in part) {
      if (key === "__proto__")
        Object.defineProperty(all, key, { value: part[key], enumerable: true, configurable: true, writable: true });
      else all[key] = part[key];
    }
  }
  return all;
}
