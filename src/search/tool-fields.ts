import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { Field, SearchableTool } from "./searchable-tool.ts";
import { tokenize } from "./tokenize.ts";
import { FIELD_WEIGHTS } from "./weights.ts";

const LONGEST_DESCRIPTION = 4000;
const LONGEST_LEAD = 250;
/** Of the parameters, tags or examples of a tool together. */
const LONGEST_TEXTS = 8000;
const LONGEST_SERVER_DESCRIPTION = 600;
const DEEPEST_SCHEMA = 3;
const MOST_PARAMETERS = 200;
const MOST_CHOICES = 30;
const ANSWERS_NOTHING = /^(?:mcp|servers?)$/;

/** Turns text into words of some kind: as they are, or as terms of a dictionary. */
export interface WordSource<Word> {
  /** The words of a text, at most `limit`. */
  words(text: string, limit: number): readonly Word[];
  /** One word that is known to be one. */
  word(word: string): Word;
  /** The words of a description and of its first sentence. */
  description(text: string): DescriptionFields<Word>;
}

export type DescriptionFields<Word> = Pick<ToolFields<Word>, "lead" | "description">;

/** A source that makes words of the tokens of a text. */
export function sourceOf<Word>(word: (word: string) => Word): WordSource<Word> {
  const source: WordSource<Word> = {
    words: (text, limit) => tokenize(text, limit).map(word),
    word,
    description: (text) => descriptionFields(text, source),
  };
  return source;
}

/** The words of a tool by field. */
export type ToolFields<Word> = Readonly<Record<Field, readonly Word[]>>;

/** What a server's tools have in common: its names and its description. */
export interface ServerFields<Word> extends Pick<ToolFields<Word>, "server" | "serverDescription"> {
  /** Its id and its title apart, to see whether a query names it. */
  readonly names: readonly (readonly Word[])[];
}

/** The words of a tool by field, each field cut to its longest length. */
export function toolFields<Word>(
  { tool, definition, tags, examples = [] }: SearchableTool,
  { server, serverDescription }: Omit<ServerFields<Word>, "names">,
  source: WordSource<Word>,
): ToolFields<Word> {
  const read = (field: Field, text: string) => source.words(text, FIELD_WEIGHTS[field].longest);
  const parameters = parameterTexts(definition["inputSchema"]);
  return {
    server,
    serverDescription,
    tool: read("tool", tool),
    title: read("title", titleOf(definition, tool)),
    ...source.description(textOf(definition["description"]).slice(0, LONGEST_DESCRIPTION)),
    parameters: readAll("parameters", parameters.names, source),
    parameterTexts: readAll("parameterTexts", parameters.texts, source),
    tags: readAll("tags", tags, source),
    examples: readAll("examples", examples, source),
  };
}

/** The words of the server, the same for all its tools. */
export function serverFields<Word>(
  { server, serverTitle = "", serverDescription = "" }: SearchableTool,
  source: WordSource<Word>,
): ServerFields<Word> {
  const lastPart = server.slice(server.lastIndexOf("/") + 1); // of "io.github.owner/name" only the name is ever asked for
  const { server: names, serverDescription: description } = FIELD_WEIGHTS;
  return {
    names: [lastPart, serverTitle].map((name) => telling(name).map(source.word)).filter((name) => name.length > 0),
    server: telling(`${server} ${serverTitle}`).slice(0, names.longest).map(source.word),
    serverDescription: source.words(serverDescription.slice(0, LONGEST_SERVER_DESCRIPTION), description.longest),
  };
}

/** The words of a server's name, each once, without those that any server's name may have. */
function telling(name: string): readonly string[] {
  const all = [...new Set(tokenize(name))];
  const rest = all.filter((word) => !ANSWERS_NOTHING.test(word));
  return rest.length > 0 ? rest : all;
}

/** The end of the first sentence and what follows it, or of the first line where that is shorter. */
const LEAD_END = /[.!?。！？]\s|\n/;

function leadEnd(text: string): number {
  const found = LEAD_END.exec(text);
  return found ? found.index + found[0].length - 1 : text.length;
}

/** The words of a description and of its first sentence, which are read once where it is whole. */
function descriptionFields<Word>(text: string, source: WordSource<Word>): DescriptionFields<Word> {
  const { lead, description } = FIELD_WEIGHTS;
  const end = leadEnd(text);
  if (end > LONGEST_LEAD)
    return {
      lead: source.words(text.slice(0, LONGEST_LEAD), lead.longest),
      description: source.words(text, description.longest),
    };
  const first = source.words(text.slice(0, end), description.longest);
  const rest = source.words(text.slice(end), description.longest - first.length);
  return { lead: cut(first, lead.longest), description: rest.length === 0 ? first : [...first, ...rest] };
}

/** The words of several texts, one after the other, as far as the field goes. */
function readAll<Word>(field: Field, texts: readonly string[], source: WordSource<Word>): readonly Word[] {
  const { longest } = FIELD_WEIGHTS[field];
  const words: Word[] = [];
  let room = LONGEST_TEXTS;
  for (const text of texts) {
    const left = longest - words.length;
    if (left <= 0 || room <= 0) break;
    const limit = text.length > left ? left : longest; // the same for all texts that fit, which lets a source know them again
    for (const word of source.words(text.length > room ? text.slice(0, room) : text, limit)) words.push(word);
    room -= text.length + 1;
  }
  return cut(words, longest);
}

const cut = <Word>(words: readonly Word[], most: number): readonly Word[] => (words.length > most ? words.slice(0, most) : words);

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
