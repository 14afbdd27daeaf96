import * as z from "zod/mini";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { DocumentPath } from "./printable.ts";

/** Told of every key nobody knows, with the keys that are known in its place. */
export type OnUnknownKey = (path: DocumentPath, known: readonly string[]) => void;

/** A value without the keys its schema does not know, and those keys by their dotted path, as they were written. */
export interface Sorted {
  readonly known: JsonObject;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Separates the keys a schema knows from all others, at every depth; values of a wrong type pass through untouched. */
export function sortOutUnknown(schema: z.ZodMiniObject, value: JsonObject, onUnknown: OnUnknownKey): Sorted {
  const extra = new Map<string, unknown>();
  const known = sortObject(schema, value, [], (path, written, siblings) => {
    extra.set(path.join("."), written);
    onUnknown(path, siblings);
  });
  return { known, extra: Object.fromEntries(extra) };
}

type Report = (path: DocumentPath, written: unknown, siblings: readonly string[]) => void;

function sortValue(schema: unknown, value: unknown, path: DocumentPath, report: Report): unknown {
  if (schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniDefault || schema instanceof z.ZodMiniNullable) {
    return sortValue(schema.def.innerType, value, path, report);
  }
  if (schema instanceof z.ZodMiniObject && isJsonObject(value)) return sortObject(schema, value, path, report);
  if (schema instanceof z.ZodMiniArray && Array.isArray(value)) {
    return value.map((item, index) => sortValue(schema.def.element, item, [...path, index], report));
  }
  if (schema instanceof z.ZodMiniRecord && isJsonObject(value)) {
    const sorted = Object.entries(value).map(([key, item]) => [
      key,
      sortValue(schema.def.valueType, item, [...path, key], report),
    ]);
    return Object.fromEntries(sorted);
  }
  return value;
}

function sortObject(schema: z.ZodMiniObject, value: JsonObject, path: DocumentPath, report: Report): JsonObject {
  const known = Object.keys(schema.shape);
  const kept: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (Object.hasOwn(schema.shape, key)) kept.push([key, sortValue(schema.shape[key], item, [...path, key], report)]);
    else report([...path, key], item, known);
  }
  return Object.fromEntries(kept);
}
