import { GatewayError } from "../../model/errors.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import { parseLosslessly } from "../../wire/exact-json.ts";

/** An argument of the wrong type or value, named with what was found and what was expected. */
export const badArgument = (name: string, expected: string, found: unknown, hint?: string): GatewayError =>
  new GatewayError("invalid_argument", `${name}: expected ${expected}, found ${show(found)}`, { hint });

/** A string argument that must be there. */
export function readString(args: JsonObject, name: string, expected = "a string"): string {
  const value = args[name];
  if (typeof value !== "string" || value === "") throw badArgument(name, expected, value);
  return value;
}

export function readOptionalString(args: JsonObject, name: string): string | undefined {
  return isAbsent(args[name]) ? undefined : readString(args, name);
}

export function readOptionalBoolean(args: JsonObject, name: string): boolean | undefined {
  const value = args[name];
  if (isAbsent(value)) return undefined;
  if (typeof value !== "boolean") throw badArgument(name, "true or false", value);
  return value;
}

/** A whole number within bounds, or undefined when absent. */
export function readOptionalInteger(args: JsonObject, name: string, least: number, most: number): number | undefined {
  const value = args[name];
  if (isAbsent(value)) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw badArgument(name, `a whole number from ${least} to ${most}`, value);
  }
  return value;
}

/** A list of strings; a lone string counts as a list of one, since models write both. */
export function readStrings(args: JsonObject, name: string, most: number, value: unknown = args[name]): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > most || !list.every((item) => typeof item === "string" && item.trim() !== "")) {
    throw badArgument(name, `1 to ${most} strings`, value);
  }
  return list.map(String);
}

/** An object argument; absent counts as empty, and JSON text of an object is read, since models write both. */
export function readObject(args: JsonObject, name: string, value: unknown = args[name]): JsonObject {
  if (isAbsent(value)) return {};
  const parsed = typeof value === "string" ? parseJson(name, value) : value;
  if (!isJsonObject(parsed)) throw badArgument(name, "an object", value);
  return parsed;
}

/** One of a closed set of words. */
export function readChoice<T extends string>(args: JsonObject, name: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === args[name]);
  if (found === undefined) throw badArgument(name, choices.map((choice) => `"${choice}"`).join(" or "), args[name]);
  return found;
}

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function parseJson(name: string, text: string): unknown {
  try {
    return parseLosslessly(text);
  } catch (error) {
    throw badArgument(name, "an object", text, `Its text is not JSON that can be read: ${GatewayError.from(error).message}`);
  }
}
