import { isJsonObject } from "../model/json.ts";
import type { SearchableTool } from "./searchable-tool.ts";

/** Small models read no more than about 500 tokens. */
const LONGEST_DESCRIPTION = 1_000;
const MOST_PARAMETERS = 30;
const LONGEST_TEXT = 1_500;

/** What of a tool is given to a model for its meaning; its examples are not, so that a trial can ask them. */
export function toolText({ server, tool, definition }: SearchableTool): string {
  const description = typeof definition["description"] === "string" ? definition["description"] : "";
  const schema = definition["inputSchema"];
  const properties = isJsonObject(schema) && isJsonObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
  const names = [server, inWords(tool)].join(" ");
  const text = [`${names}:`, description.slice(0, LONGEST_DESCRIPTION), ...properties.slice(0, MOST_PARAMETERS)].join(" ");
  return Buffer.from(text.replace(/\s+/g, " ").trim().slice(0, LONGEST_TEXT)).toString(); // half a character becomes a whole one
}

/** `create_pullRequest` as `create pull Request`. */
const inWords = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/[_.-]+/g, " ");
