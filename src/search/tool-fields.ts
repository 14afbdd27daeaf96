import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { Field, SearchableTool } from "./searchable-tool.ts";
import { tokenize } from "./tokenize.ts";
import { FIELD_WEIGHTS } from "./weights.ts";

const LONGEST_DESCRIPTION = 4000;
const LONGEST_LEAD = 250;
const LONGEST_PARAMETER_TEXTS = 8000;
const LONGEST_SERVER_DESCRIPTION = 600;
const DEEPEST_SCHEMA = 3;
const MOST_PARAMETERS = 200;
const MOST_CHOICES = 30;
const ANSWERS_NOTHING = /^(?:mcp|servers?)$/;

export type FieldTokens = Readonly<Record<Field, readonly string[]>>;

/** What a server's tools have in common: its names and its description. */
export interface ServerTokens extends Pick<FieldTokens, "server" | "serverDescription"> {
  /** Its id and its title apart, to see whether a query names it. */
  readonly names: readonly (readonly string[])[];
}

/** The words of a tool by field, each field cut to its longest length. */
export function toolTokens(tool: SearchableTool, server: ServerTokens = serverTokens(tool)): FieldTokens {
  const { definition } = tool;
  const description = textOf(definition["description"]).slice(0, LONGEST_DESCRIPTION);
  const parameters = parameterTexts(definition["inputSchema"]);
  const told = descriptionWords(description);
  return {
    server: server.server,
    serverDescription: server.serverDescription,
    tool: words("tool", tool.tool),
    title: words("title", titleOf(definition, tool.tool)),
    lead: told.lead,
    description: told.whole,
    parameters: words("parameters", parameters.names.join(" ")),
    parameterTexts: words("parameterTexts", parameters.texts.join(" ").slice(0, LONGEST_PARAMETER_TEXTS)),
    tags: words("tags", tool.tags.join(" ")),
    examples: words("examples", (tool.examples ?? []).join("\n")),
  };
}

/** The words of the server, the same for all its tools. */
export function serverTokens({ server, serverTitle = "", serverDescription = "" }: SearchableTool): ServerTokens {
  const lastPart = server.slice(server.lastIndexOf("/") + 1); // of "io.github.owner/name" only the name is ever asked for
  return {
    names: [lastPart, serverTitle].map(telling).filter((name) => name.length > 0),
    server: telling(`${server} ${serverTitle}`).slice(0, FIELD_WEIGHTS.server.longest),
    serverDescription: words("serverDescription", serverDescription.slice(0, LONGEST_SERVER_DESCRIPTION)),
  };
}

/** The words of a server's name, each once, without those that any server's name may have. */
function telling(name: string): readonly string[] {
  const all = [...new Set(tokenize(name))];
  const rest = all.filter((word) => !ANSWERS_NOTHING.test(word));
  return rest.length > 0 ? rest : all;
}

/** Where the first sentence ends, or the first line where that is shorter. */
const LEAD_END = /(?<=[.!?。！？])\s|\n/;

/** The words of a description and of its first sentence, which are read once where it is whole. */
function descriptionWords(description: string): { readonly lead: readonly string[]; readonly whole: readonly string[] } {
  const end = LEAD_END.exec(description)?.index ?? description.length;
  if (end > LONGEST_LEAD)
    return { lead: words("lead", description.slice(0, LONGEST_LEAD)), whole: words("description", description) };
  const most = FIELD_WEIGHTS.description.longest;
  const first = tokenize(description.slice(0, end), most);
  const whole = end === description.length ? first : [...first, ...tokenize(description.slice(end), most - first.length)];
  return { lead: first.slice(0, FIELD_WEIGHTS.lead.longest), whole };
}

const words = (field: Field, text: string): readonly string[] => tokenize(text, FIELD_WEIGHTS[field].longest);

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function titleOf(definition: JsonObject, name: string): string {
  const annotations = definition["annotations"];
  const title = textOf(definition["title"]) || (isJsonObject(annotations) ? textOf(annotations["title"]) : "");
  return title === name ? "" : title;
}

interface ParameterTexts {
  readonly names: string[];
  readonly texts: string[];
}

function parameterTexts(schema: unknown): ParameterTexts {
  const found: ParameterTexts = { names: [], texts: [] };
  walkSchema(schema, 0, found);
  return found;
}

function walkSchema(schema: unknown, depth: number, found: ParameterTexts): void {
  if (!isJsonObject(schema) || depth > DEEPEST_SCHEMA || found.names.length > MOST_PARAMETERS) return;
  const properties = schema["properties"];
  if (isJsonObject(properties)) {
    for (const name of Object.keys(properties)) addParameter(name, properties[name], depth, found);
  }
  for (const key of ["anyOf", "oneOf", "allOf"]) {
    const choices = schema[key];
    if (Array.isArray(choices)) for (const choice of choices.slice(0, MOST_CHOICES)) walkSchema(choice, depth + 1, found);
  }
}

function addParameter(name: string, schema: unknown, depth: number, found: ParameterTexts): void {
  if (found.names.length > MOST_PARAMETERS) return;
  found.names.push(name);
  if (!isJsonObject(schema)) return;
  found.texts.push(textOf(schema["description"]));
  const choices = schema["enum"];
  if (Array.isArray(choices) && choices.length <= MOST_CHOICES)
    found.texts.push(choices.filter((choice) => typeof choice === "string").join(" "));
  walkSchema(schema, depth + 1, found);
  walkSchema(schema["items"], depth + 1, found);
}
