import { isJsonObject, type JsonObject } from "../../model/json.ts";
import { RawObject } from "../../model/raw-result.ts";
import { restoreNumbers } from "../../wire/exact-json.ts";
import { encodeHeaderValue } from "./headers.ts";

/** One tool argument that travels a second time as an `Mcp-Param-<header>` header. */
export interface ParamHeader {
  readonly header: string;
  /** The names of the properties that lead from the arguments to the value. */
  readonly path: readonly string[];
}

/** What a tool's `x-mcp-header` annotations say: which headers to send, or why the definition is invalid. */
export type ParamHeaderScan =
  | { readonly valid: true; readonly headers: readonly ParamHeader[] }
  | { readonly valid: false; readonly reason: string };

const ANNOTATION = "x-mcp-header";
const MAX_DEPTH = 64;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // RFC 9110, section 5.6.2
const TYPES: ReadonlySet<unknown> = new Set(["string", "integer", "boolean"]);
/** Keywords whose value is one subschema or a list of them; annotations below them are not reachable. */
const SUBSCHEMAS = [
  "items",
  "prefixItems",
  "contains",
  "additionalProperties",
  "unevaluatedProperties",
  "unevaluatedItems",
  "propertyNames",
  "oneOf",
  "anyOf",
  "allOf",
  "not",
  "if",
  "then",
  "else",
] as const;
/** Keywords whose value maps names to subschemas; annotations below them are not reachable either. */
const SUBSCHEMA_MAPS = ["patternProperties", "dependentSchemas", "$defs", "definitions"] as const;

class InvalidAnnotation extends Error {}

/**
 * Reads the `x-mcp-header` annotations of a tool definition by the rules of revision 2026-07-28 (Streamable HTTP, "Schema
 * Extension"): on string, integer and boolean properties only, reachable through `properties` alone, names unique whatever
 * their case. An HTTP gateway must not offer a tool whose annotations are invalid.
 */
export function scanParamHeaders(definition: JsonObject): ParamHeaderScan {
  const headers = new Map<string, ParamHeader>();
  try {
    visit(definition["inputSchema"], [], true, headers);
    return { valid: true, headers: [...headers.values()] };
  } catch (error) {
    if (error instanceof InvalidAnnotation) return { valid: false, reason: error.message };
    throw error;
  }
}

/** A definition is scanned once: it never changes, only gives way to another. */
const scans = new WeakMap<JsonObject, ParamHeaderScan>();

/** The `Mcp-Param-*` headers of one call; undefined where the definition has no annotations, or invalid ones. */
export function paramHeaders(definition: JsonObject, args: unknown): Record<string, string> | undefined {
  const headers = headersIn(definition);
  if (headers.length === 0) return undefined;
  const values: Record<string, string> = {};
  const read = args instanceof RawObject ? args.parse() : args;
  for (const { header, path } of headers) {
    const text = textOf(valueAt(read, path));
    if (text !== undefined) values[`Mcp-Param-${header}`] = encodeHeaderValue(text);
  }
  return values;
}

function headersIn(definition: JsonObject): readonly ParamHeader[] {
  let scan = scans.get(definition);
  if (!scan) {
    scan = scanParamHeaders(definition);
    scans.set(definition, scan);
  }
  return scan.valid ? scan.headers : NONE;
}

const NONE: readonly ParamHeader[] = [];

function visit(schema: unknown, path: readonly string[], reachable: boolean, found: Map<string, ParamHeader>): void {
  if (!isJsonObject(schema)) return;
  if (path.length > MAX_DEPTH) throw new InvalidAnnotation(`input schema nests deeper than ${MAX_DEPTH} levels`);
  if (Object.hasOwn(schema, ANNOTATION)) take(schema, path, reachable, found);
  if (isJsonObject(schema["properties"])) {
    for (const [name, child] of Object.entries(schema["properties"])) visit(child, [...path, name], reachable, found);
  }
  for (const [keyword, child] of unreachableParts(schema)) visit(child, [...path, `<${keyword}>`], false, found);
}

function take(schema: JsonObject, path: readonly string[], reachable: boolean, found: Map<string, ParamHeader>): void {
  const [header, where] = [schema[ANNOTATION], path.join(".") || "the input schema itself"];
  if (!reachable || path.length === 0) throw new InvalidAnnotation(`${ANNOTATION} is not allowed on ${where}`);
  if (typeof header !== "string" || !TOKEN.test(header))
    throw new InvalidAnnotation(`${ANNOTATION} of ${where} is not a header name`);
  if (!TYPES.has(schema["type"])) throw new InvalidAnnotation(`${ANNOTATION} of ${where} needs a string, integer or boolean`);
  if (found.has(header.toLowerCase())) throw new InvalidAnnotation(`${ANNOTATION} of ${where} is used twice`);
  found.set(header.toLowerCase(), { header, path });
}

function unreachableParts(schema: JsonObject): [string, unknown][] {
  const direct = SUBSCHEMAS.flatMap((keyword) => [schema[keyword]].flat().map((part): [string, unknown] => [keyword, part]));
  const mapped = SUBSCHEMA_MAPS.flatMap((keyword) => {
    const parts = schema[keyword];
    return isJsonObject(parts) ? Object.values(parts).map((part): [string, unknown] => [keyword, part]) : [];
  });
  return [...direct, ...mapped];
}

function valueAt(args: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, name) => (isJsonObject(node) && Object.hasOwn(node, name) ? node[name] : undefined), args);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return restoreNumbers(value);
  return typeof value === "boolean" || Number.isSafeInteger(value) ? String(value) : undefined;
}
