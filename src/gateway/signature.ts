import { isJsonObject, type JsonObject } from "../model/json.ts";

const LONGEST_ENUM = 6;
const LONGEST_COMPACT = 80;
const MOST_COMPACT = 8;

interface Argument {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
}

/** A tool's arguments in one line: `path: string, head?: integer`; empty for a tool without arguments. */
export const signature = (definition: JsonObject): string => argumentsOf(definition).map(typed).join(", ");

/** The same, cut to a short line: where it grows long, optional arguments lose their types, then all, then the last are left out. */
export function compactSignature(definition: JsonObject): string {
  const all = argumentsOf(definition);
  const shown = all.slice(0, MOST_COMPACT);
  const rest = all.length > shown.length ? ["…"] : [];
  const forms = [shown.map(typed), shown.map((one) => (one.isRequired ? typed(one) : named(one))), shown.map(named)];
  const fits = forms.map((form) => [...form, ...rest].join(", ")).find((line) => line.length <= LONGEST_COMPACT);
  if (fits !== undefined) return fits;
  const names = shown.map(named).join(", ").slice(0, LONGEST_COMPACT);
  return `${names.slice(0, Math.max(0, names.lastIndexOf(", ")) || LONGEST_COMPACT)}, …`;
}

const named = ({ name, isRequired }: Argument): string => (isRequired ? name : `${name}?`);
const typed = (one: Argument): string => `${named(one)}: ${one.type}`;

function argumentsOf(definition: JsonObject): readonly Argument[] {
  const schema = definition["inputSchema"];
  if (!isJsonObject(schema) || !isJsonObject(schema["properties"])) return [];
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  return Object.entries(schema["properties"])
    .sort(([a], [b]) => Number(required.has(b)) - Number(required.has(a)))
    .map(([name, property]) => ({ name, type: typeName(property), isRequired: required.has(name) }));
}

function typeName(property: unknown): string {
  if (!isJsonObject(property)) return "any";
  if (Array.isArray(property["enum"])) return enumName(property["enum"]);
  const type = property["type"];
  if (type === "array") return `${typeName(property["items"])}[]`;
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return type.join("|");
  const choices = property["anyOf"] ?? property["oneOf"];
  return Array.isArray(choices) ? [...new Set(choices.map(typeName))].join("|") : "any";
}

function enumName(values: readonly unknown[]): string {
  const shown = values.slice(0, LONGEST_ENUM).map((value) => JSON.stringify(value));
  return values.length > LONGEST_ENUM ? `${shown.join("|")}|…` : shown.join("|");
}
