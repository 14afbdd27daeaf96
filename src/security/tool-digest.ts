import { createHash } from "node:crypto";
import { canonicalJson, type JsonObject } from "../model/json.ts";

/**
 * SHA-256 (hex) over what makes a tool the tool it is: name, title, description, schemas and annotations. The order of keys
 * does not matter, and `_meta` does not count, because some backends fill it differently for each transport. Expects a
 * definition that `checkToolDefinition` has accepted, so that its depth is bounded.
 */
export function digestTool(definition: JsonObject): string {
  const { name, title, description, inputSchema, outputSchema, annotations } = definition;
  const identity = { name, title, description, inputSchema, outputSchema, annotations };
  return createHash("sha256").update(canonicalJson(identity)).digest("hex");
}
