import { canonicalJson, isJsonObject, type JsonObject } from "../model/json.ts";
import { ERA_NAMES, KEY_ALIASES, TRANSPORT_NAMES } from "./aliases.ts";
import { describeValue } from "./describe-issue.ts";
import { type DocumentPath, formatPath, suggestion } from "./printable.ts";
import type { Complaint, ProblemList } from "./problem-list.ts";

/** An entry in our own words, and the way back to where each of them was written. */
export interface NormalEntry {
  readonly fields: JsonObject;
  /** The path in the entry, as written, of a path in `fields`. */
  writtenAt(path: DocumentPath): DocumentPath;
}

const CANONICAL = new Map(Object.entries(KEY_ALIASES).flatMap(([name, aliases]) => aliases.map((alias) => [alias, name])));
const RULE_KEYS = ["allow", "deny", "overrides"];

/**
 * Reads every alias of an entry into the one normal form. Values of a wrong type pass through unchanged, for the schema
 * to complain about; two aliases that contradict each other are errors here.
 */
export function normaliseEntry(raw: JsonObject, complain: ProblemList["error"]): NormalEntry {
  const draft = new Draft(complain);
  for (const [key, value] of Object.entries(raw)) {
    if (key === "command") readCommand(value, draft);
    else if (key === "tools") readTools(value, draft);
    else if (key === "disabled") draft.set("enabled", typeof value === "boolean" ? !value : value, [key]);
    else draft.set(CANONICAL.get(key) ?? key, value, [key]);
  }
  if (Object.hasOwn(raw, "httpUrl") && !draft.has("transport")) draft.set("transport", "http", ["httpUrl"]);
  draft.rename("transport", TRANSPORT_NAMES);
  draft.rename("protocolEra", ERA_NAMES);
  return draft.finish();
}

/** The normal form under construction; `#origins` holds where a normal path was written, if elsewhere. */
class Draft {
  readonly #fields = new Map<string, unknown>();
  readonly #origins = new Map<string, DocumentPath>();
  readonly complain: ProblemList["error"];

  constructor(complain: ProblemList["error"]) {
    this.complain = complain;
  }

  has(key: string): boolean {
    return this.#fields.has(key);
  }

  set(key: string, value: unknown, origin: DocumentPath): void {
    if (this.has(key) && !sameMeaning(key, this.#fields.get(key), value)) {
      const text = `contradicts ${formatPath(this.writtenAt([key]))}, another name for the same setting`;
      this.complain({ path: origin, at: "key", text, found: "two values", expected: "one", hint: "Keep one of the two" });
      return;
    }
    this.#fields.set(key, value);
    this.place([key], origin);
  }

  place(path: DocumentPath, origin: DocumentPath): void {
    this.#origins.set(JSON.stringify(path), origin);
  }

  rename(key: string, names: Readonly<Record<string, string>>): void {
    const value = this.#fields.get(key);
    if (typeof value === "string" && Object.hasOwn(names, value)) this.#fields.set(key, names[value]);
  }

  writtenAt(path: DocumentPath): DocumentPath {
    for (let length = path.length; length > 0; length -= 1) {
      const origin = this.#origins.get(JSON.stringify(path.slice(0, length)));
      if (origin) return [...origin, ...path.slice(length)];
    }
    return path;
  }

  finish(): NormalEntry {
    return { fields: Object.fromEntries(this.#fields), writtenAt: (path) => this.writtenAt(path) };
  }
}

function sameMeaning(key: string, a: unknown, b: unknown): boolean {
  const names = key === "transport" ? TRANSPORT_NAMES : key === "protocolEra" ? ERA_NAMES : {};
  const meaning = (value: unknown) => (typeof value === "string" ? (new Map(Object.entries(names)).get(value) ?? value) : value);
  return canonicalJson(meaning(a)) === canonicalJson(meaning(b));
}

/** A string, `["npx", "-y", "x"]` (opencode) or `{path, args, env}` (Zed). */
function readCommand(command: unknown, draft: Draft): void {
  if (Array.isArray(command)) {
    const [program, ...args]: readonly unknown[] = command;
    draft.set("command", program, program === undefined ? ["command"] : ["command", 0]);
    if (args.length === 0) return;
    draft.set("args", args, ["command"]);
    for (const index of args.keys()) draft.place(["args", index], ["command", index + 1]);
    return;
  }
  if (!isJsonObject(command) || !Object.hasOwn(command, "path"))
    draft.set("command", isJsonObject(command) ? undefined : command, ["command"]);
  if (!isJsonObject(command)) return;
  for (const [key, value] of Object.entries(command)) draft.set(key === "path" ? "command" : key, value, ["command", key]);
}

/** `{allow, deny, overrides}`, with tools named directly beside them, or a bare list of what is allowed (Copilot). */
function readTools(tools: unknown, draft: Draft): void {
  if (!isJsonObject(tools)) {
    draft.set("tools", Array.isArray(tools) ? { allow: tools } : tools, ["tools"]);
    if (Array.isArray(tools)) draft.place(["tools", "allow"], ["tools"]);
    return;
  }
  for (const key of RULE_KEYS) refuseToolCalled(key, tools[key], draft.complain);
  const rules = Object.fromEntries(Object.entries(tools).filter(([key]) => RULE_KEYS.includes(key)));
  const direct = Object.entries(tools).filter(([key]) => !RULE_KEYS.includes(key));
  draft.set("tools", direct.length === 0 ? rules : { ...rules, overrides: mergeOverrides(rules["overrides"], direct, draft) }, [
    "tools",
  ]);
}

function mergeOverrides(overrides: unknown, direct: readonly (readonly [string, unknown])[], draft: Draft): unknown {
  const named = isJsonObject(overrides) ? overrides : {};
  const complaints = direct.map(([tool, settings]) => aboutTool(tool, settings, named));
  for (const complaint of complaints) if (complaint) draft.complain(complaint);
  const fine = direct.filter((_, index) => complaints[index] === undefined);
  for (const [tool] of fine) draft.place(["tools", "overrides", tool], ["tools", tool]);
  return overrides === undefined || isJsonObject(overrides) ? { ...named, ...Object.fromEntries(fine) } : overrides;
}

function aboutTool(tool: string, settings: unknown, named: JsonObject): Complaint | undefined {
  const path = ["tools", tool];
  if (Object.hasOwn(named, tool)) {
    return { path, at: "key", text: "stands here and in tools.overrides", found: "two places", expected: "one" };
  }
  if (isJsonObject(settings)) return undefined;
  return { path, expected: "settings of a tool", found: describeValue(settings), hint: suggestion(tool, RULE_KEYS) };
}

const OVERRIDE_KEYS = ["readOnly", "idempotent", "cacheTtlMs", "timeoutMs", "examples"];

/** A tool may be called like one of our own keys: then only `overrides` can name it. */
function refuseToolCalled(key: string, value: unknown, complain: ProblemList["error"]): void {
  if (!isJsonObject(value)) return;
  if (key === "overrides" && !OVERRIDE_KEYS.some((name) => Object.hasOwn(value, name) && !isJsonObject(value[name]))) return;
  const expected = key === "overrides" ? "tool names" : "a list of tool names";
  const hint = `Settings of a tool called "${key}" go to tools.overrides.${key}`;
  complain({ path: ["tools", key], expected, found: "settings of one tool", hint });
}
