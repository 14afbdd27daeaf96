import { isJsonObject, type JsonObject } from "../../model/json.ts";

/** How each capability that a host can declare is read; undefined for one that only the SDK's schemas can judge. */
const READ: Readonly<Record<string, (value: JsonObject) => JsonObject | undefined>> = {
  experimental: (value) => (Object.values(value).every(isJsonObject) ? value : undefined),
  extensions: (value) => (Object.values(value).every(isJsonObject) ? value : undefined),
  sampling: (value) => (hasParts(value, { context: isJsonObject, tools: isJsonObject }) ? value : undefined),
  // before there were parts, `elicitation` meant `form`
  elicitation: (value) =>
    Object.keys(value).length === 0 ? { form: {} } : hasParts(value, { form: isForm, url: isJsonObject }) ? value : undefined,
  roots: (value) => (hasParts(value, { listChanged: (part) => typeof part === "boolean" }) ? value : undefined),
  tasks: (value) => (isTree(value) ? value : undefined),
};

/** What a host declared, as the SDK reads it; undefined if any of it is out of the ordinary. */
export function readCapabilities(declared: JsonObject): JsonObject | undefined {
  const capabilities: Record<string, JsonObject> = {};
  for (const [name, read] of Object.entries(READ)) {
    const value = declared[name];
    if (value === undefined) continue;
    const understood = isJsonObject(value) ? read(value) : undefined;
    if (!understood) return undefined;
    capabilities[name] = understood;
  }
  return capabilities;
}

/** Whether this is the name and version of a host, without icons. */
export function isPlainIdentity(value: unknown): boolean {
  if (!isJsonObject(value) || "icons" in value) return false;
  const { name, version, title, websiteUrl, description } = value;
  return (
    typeof name === "string" &&
    typeof version === "string" &&
    [title, websiteUrl, description].every((text) => text === undefined || typeof text === "string")
  );
}

const hasParts = (value: JsonObject, parts: Readonly<Record<string, (part: unknown) => boolean>>): boolean =>
  Object.entries(value).every(([name, part]) => Object.hasOwn(parts, name) && parts[name]?.(part));

const isForm = (part: unknown): boolean =>
  isJsonObject(part) && (part["applyDefaults"] === undefined || typeof part["applyDefaults"] === "boolean");

/** Whether there is nothing but objects in it, at any depth. */
const isTree = (value: unknown): boolean => isJsonObject(value) && Object.values(value).every(isTree);
