import { canonicalJson, isJsonObject, type JsonObject } from "../model/json.ts";
import { insertValue } from "./insert-value.ts";
import { readJsonDocument } from "./json-document.ts";
import { SERVER_KEYS } from "./read-settings.ts";

/** Examples to be written for one tool. */
export interface ToolExamples {
  readonly server: string;
  readonly tool: string;
  readonly examples: readonly string[];
}

/** A registry with examples added, and what was left as it is, each with the reason. */
export interface ExamplesEdit {
  readonly text: string;
  readonly added: readonly ToolExamples[];
  readonly skipped: readonly { readonly server: string; readonly tool: string; readonly reason: string }[];
}

/**
 * Adds examples to the text of a registry, whose comments and layout stay; what has examples keeps them. Undefined for a text
 * that cannot be read.
 */
export function addExamples(source: string, wanted: readonly ToolExamples[]): ExamplesEdit | undefined {
  const added: ToolExamples[] = [];
  const skipped: ExamplesEdit["skipped"][number][] = [];
  let text = source;
  for (const one of wanted) {
    const { value } = readJsonDocument(text);
    if (!isJsonObject(value)) return undefined;
    const place = placeFor(value, one);
    const next = "path" in place ? withValue(text, place.path, one.examples) : undefined;
    if (next !== undefined) {
      text = next;
      added.push(one);
    } else {
      const reason = "reason" in place ? place.reason : "the file would not read as before";
      skipped.push({ server: one.server, tool: one.tool, reason });
    }
  }
  return { text, added, skipped };
}

type Place = { readonly path: readonly string[] } | { readonly reason: string };

/** Where a tool's examples belong: beside what the entry says of the tool already, else in `overrides`. */
function placeFor(root: JsonObject, { server, tool }: ToolExamples): Place {
  const key = SERVER_KEYS.find((name) => Object.hasOwn(root, name));
  const servers = key === undefined ? undefined : root[key];
  const entry = isJsonObject(servers) && Object.hasOwn(servers, server) ? servers[server] : undefined;
  if (key === undefined || !isJsonObject(entry)) return { reason: "the file has no such server any more" };
  const tools = entry["tools"];
  if (tools !== undefined && !isJsonObject(tools)) return { reason: 'its tools are a list: write them as { "allow": [ … ] }' };
  const overrides = tools?.["overrides"];
  const path = isDirect(tools, tool) ? [key, server, "tools", tool] : [key, server, "tools", "overrides", tool];
  const settings = isDirect(tools, tool) ? tools?.[tool] : isJsonObject(overrides) ? overrides[tool] : undefined;
  if (isJsonObject(settings) && settings["examples"] !== undefined) return { reason: "it has examples already" };
  return { path: [...path, "examples"] };
}

const RULES = ["allow", "deny", "overrides"];

/** Whether the entry speaks of the tool directly under `tools`. */
const isDirect = (tools: JsonObject | undefined, tool: string): boolean =>
  tools !== undefined && !RULES.includes(tool) && Object.hasOwn(tools, tool);

/** The text with a value at a path, provided nothing else of it reads differently then. */
function withValue(text: string, path: readonly string[], value: readonly string[]): string | undefined {
  const next = insertValue(text, path, value);
  if (next === undefined) return undefined;
  const [before, after] = [readJsonDocument(text).value, readJsonDocument(next).value];
  return canonicalJson(without(after, path)) === canonicalJson(without(before, path)) ? next : undefined;
}

/** A value without what stands at a path, and without the objects above it that would then be empty. */
function without(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined || !isJsonObject(value)) return undefined;
  const inner = without(value[key], rest);
  const others = Object.entries(value).filter(([name]) => name !== key);
  const entries = inner === undefined ? others : [...others, [key, inner] as const];
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
