import { isJsonObject } from "../../../src/model/json.ts";
import type { CorpusTool } from "./labelled-set.ts";

export const FIELD_NAMES = ["server", "tool", "description", "serverDescription", "parameters", "parameterTexts"] as const;

/** The fields of a tool as text, the same for every engine that takes fields. */
export function comparedFields(line: CorpusTool): Readonly<Record<(typeof FIELD_NAMES)[number], string>> {
  const properties = line.inputSchema?.["properties"];
  const parameters = isJsonObject(properties) ? Object.entries(properties) : [];
  const texts = parameters.map(([, schema]) => (isJsonObject(schema) ? String(schema["description"] ?? "") : ""));
  return {
    server: `${line.server ?? ""} ${line.server_title ?? ""}`,
    tool: line.tool,
    description: line.description ?? "",
    serverDescription: line.server_description ?? "",
    parameters: parameters.map(([name]) => name).join(" "),
    parameterTexts: texts.join(" "),
  };
}
