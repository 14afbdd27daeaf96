import type { JsonObject } from "../model/json.ts";

/** The most a tool definition may hold; what each bound protects is said at its use. */
export const DEFINITION_BOUNDS = {
  schemaBytes: 64 * 1_024,
  definitionBytes: 256 * 1_024,
  nesting: 128,
  schemaDepth: 32,
  subschemas: 2_000,
} as const;

type Role = "definition" | "schema" | "schemas" | "value";

interface Place {
  readonly value: object;
  readonly role: Role;
  readonly nesting: number;
  readonly schemaDepth: number;
}

/** Keywords whose value is a table of schemas by name. */
const TABLES: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
  "dependencies",
]);
/** Keywords whose value is plain JSON, however much it may look like a schema. */
const VALUES: ReadonlySet<string> = new Set(["const", "default", "enum", "example", "examples"]);

/**
 * Why a definition is too big to keep, or undefined if it is not: nesting, levels of subschemas, their number, and the size
 * as JSON text. Walks without recursion and stops at the first bound, so a hostile definition costs little more than the
 * bounds allow.
 */
export function oversize(definition: JsonObject): string | undefined {
  return oversizeOfShape(definition) ?? oversizeOfText(definition);
}

function oversizeOfShape(definition: JsonObject): string | undefined {
  const { nesting, schemaDepth, subschemas, definitionBytes } = DEFINITION_BOUNDS;
  const waiting: Place[] = [{ value: definition, role: "definition", nesting: 1, schemaDepth: 0 }];
  let [schemas, leastBytes] = [0, 0];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    if (place.nesting > nesting) return `it is nested deeper than ${nesting} levels`;
    if (place.schemaDepth > schemaDepth) return `its schemas are nested deeper than ${schemaDepth} levels`;
    if (place.role === "schema" && !Array.isArray(place.value)) schemas += 1;
    if (schemas > subschemas) return `it has more than ${subschemas} subschemas`;
    leastBytes += 2 * sizeOf(place.value); // every member takes two characters at least: often there is no need to look at it
    if (leastBytes > definitionBytes) return tooLong("it", definitionBytes);
    for (const [key, value] of Object.entries(place.value)) {
      if (typeof value === "object" && value !== null) waiting.push(within(place, key, value));
    }
  }
  return undefined;
}

const sizeOf = (value: object): number => (Array.isArray(value) ? value.length : Object.keys(value).length);

function within(parent: Place, key: string, value: object): Place {
  const role = roleOf(parent.role, key);
  const deeper = role === "schema" && !Array.isArray(value) ? 1 : 0;
  return { value, role, nesting: parent.nesting + 1, schemaDepth: parent.schemaDepth + deeper };
}

function roleOf(parent: Role, key: string): Role {
  switch (parent) {
    case "definition":
      return key === "inputSchema" || key === "outputSchema" ? "schema" : "value";
    case "schemas":
      return "schema";
    case "value":
      return "value";
    case "schema":
      return TABLES.has(key) ? "schemas" : VALUES.has(key) ? "value" : "schema";
  }
}

function oversizeOfText(definition: JsonObject): string | undefined {
  const { schemaBytes, definitionBytes } = DEFINITION_BOUNDS;
  if (bytesOf(definition) > definitionBytes) return tooLong("it", definitionBytes);
  // the input schema is what a model has to read; real output schemas are longer than this and are read by nobody
  if (bytesOf(definition["inputSchema"]) > schemaBytes) return tooLong("its inputSchema", schemaBytes);
  return undefined;
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? "");

const tooLong = (what: string, bytes: number): string => `${what} is longer than ${bytes / 1_024} KiB`;
