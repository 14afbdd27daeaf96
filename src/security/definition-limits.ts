import { isJsonObject, type JsonObject } from "../model/json.ts";
import { neutralise } from "../model/neutralise-text.ts";
import type { QuarantinedTool } from "../model/tool.ts";
import { oversize } from "./definition-size.ts";

/** The most tools one backend may bring into the catalog. */
export const MAX_TOOLS = 512;

const MAX_REPORTED = 512;
const MAX_NAME_CHARACTERS = 128;
/** Wider than the specification's `[A-Za-z0-9_.-]`: real backends use `/`, `:` and names in other scripts. */
const PLAIN_NAME = /^[\w.\-/:@+~]+$/;
const NAME = /^[\p{L}\p{M}\p{N}_.\-/:@+~]+$/u;

/** A definition that may enter the catalog, untouched, or the reason why it may not, as one sentence for people. */
export type DefinitionVerdict =
  | { readonly ok: true; readonly name: string; readonly definition: JsonObject }
  | { readonly ok: false; readonly name: string | undefined; readonly reason: string };

/** What is left of a backend's list, in its order. */
export interface CheckedToolList {
  readonly accepted: readonly JsonObject[];
  readonly quarantined: readonly QuarantinedTool[];
}

/**
 * Judges one entry of an untrusted `tools/list`. A tool is refused only if nobody could call it or if holding it would hurt:
 * a missing or untyped schema, `null` in place of a text, and fields nobody asked for do no harm and stay.
 */
export function checkToolDefinition(value: unknown): DefinitionVerdict {
  if (!isJsonObject(value)) return { ok: false, name: undefined, reason: `The definition is ${kindOf(value)}, not an object` };
  const name = value["name"];
  if (typeof name !== "string") {
    return { ok: false, name: undefined, reason: `The name is ${kindOf(name)}, not a string` };
  }
  const fault = faultOfName(name) ?? faultOfSize(value) ?? faultOfTexts(value) ?? faultOfInput(value["inputSchema"]);
  return fault === undefined ? { ok: true, name, definition: value } : { ok: false, name: printable(name), reason: fault };
}

/**
 * Judges a whole untrusted tool list: one bad tool never costs the others. Of two tools with one name the first counts; what
 * comes after the first 512 accepted tools is refused. At most 512 refusals are reported one by one, the rest as one.
 */
export function checkToolList(tools: readonly unknown[]): CheckedToolList {
  const accepted = new Map<string, JsonObject>();
  const refused: QuarantinedTool[] = [];
  let unreported = 0;
  for (const [position, tool] of tools.entries()) {
    const verdict = judgeInList(tool, accepted);
    if (verdict.ok) accepted.set(verdict.name, verdict.definition);
    else if (refused.length < MAX_REPORTED) {
      refused.push({ name: verdict.name ?? `tools[${position}]`, reason: verdict.reason });
    } else unreported += 1;
  }
  const rest = { name: `${unreported} more`, reason: "The list has too many tools that cannot be used" };
  return { accepted: [...accepted.values()], quarantined: unreported > 0 ? [...refused, rest] : refused };
}

function judgeInList(tool: unknown, accepted: ReadonlyMap<string, JsonObject>): DefinitionVerdict {
  // asked first, so that a list without an end costs nothing per tool
  if (accepted.size >= MAX_TOOLS) {
    const name = isJsonObject(tool) && typeof tool["name"] === "string" ? printable(tool["name"]) : undefined;
    return { ok: false, name, reason: `The backend offers more than ${MAX_TOOLS} tools` };
  }
  const verdict = checkToolDefinition(tool);
  if (!verdict.ok || !accepted.has(verdict.name)) return verdict;
  return { ok: false, name: verdict.name, reason: "An earlier tool in the list has the same name" };
}

function faultOfName(name: string): string | undefined {
  if (name === "") return "The name is empty";
  // measured in UTF-16 units first: counting characters of a text without end is work
  if (name.length > 2 * MAX_NAME_CHARACTERS || [...name].length > MAX_NAME_CHARACTERS) {
    return `The name has more than ${MAX_NAME_CHARACTERS} characters`;
  }
  if ((PLAIN_NAME.test(name) || NAME.test(name)) && neutralise(name, { multiline: false }) === name) return undefined;
  return "The name has characters other than letters, digits and _ . - / : @ + ~";
}

function faultOfSize(definition: JsonObject): string | undefined {
  const reason = oversize(definition);
  return reason && `The definition is too big: ${reason}`;
}

function faultOfTexts(definition: JsonObject): string | undefined {
  const wrong = ["title", "description"].find((field) => typeof (definition[field] ?? "") !== "string");
  return wrong && `The ${wrong} is ${kindOf(definition[wrong])}, not a string`;
}

/** Arguments are always an object, so a schema that admits none makes a tool nobody can call. */
function faultOfInput(schema: unknown): string | undefined {
  if (schema === undefined || schema === null || schema === true) return undefined;
  if (schema === false) return "The inputSchema admits no arguments at all";
  if (!isJsonObject(schema)) return `The inputSchema is ${kindOf(schema)}, not an object`;
  const type = schema["type"] ?? "object";
  if (type === "object" || (Array.isArray(type) && type.includes("object"))) return undefined;
  return `The inputSchema has the type ${printable(JSON.stringify(type))}, not "object"`;
}

const printable = (text: string): string => neutralise(text.slice(0, MAX_NAME_CHARACTERS), { multiline: false });

function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
