import { isJsonObject, type JsonObject } from "../model/json.ts";

const LONGEST_ENUM = 6;

/** A tool's arguments in one line: `path: string, head?: integer`; empty for a tool without arguments. */
export function signature(definition: JsonObject): string {
  const schema = definition["inputSchema"];
  if (!isJsonObject(schema) || !isJsonObject(schema["properties"])) return "";
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  return Object.entries(schema["properties"])
    .sort(([a], [b]) => Number(required.has(b)) - Number(required.has(a)))
    .map(([name, property]) => `${name}${required.has(name) ? "" : "?"}: ${typeName(property)}`)
    .join(", ");
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
