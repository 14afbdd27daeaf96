import type { Concept } from "./concepts.ts";
import type { Dictionary } from "./dictionary.ts";
import { FIELDS, type FieldMatch, type SearchableTool } from "./searchable-tool.ts";
import { stem } from "./stem.ts";
import { toolTokens } from "./tool-fields.ts";

/** The words of a tool that a query found, field by field; fields without one are left out. */
export function explainMatch(tool: SearchableTool, concepts: readonly Concept[], dictionary: Dictionary): readonly FieldMatch[] {
  const wanted = new Set(concepts.flatMap(({ stands }) => stands.map(({ term }) => dictionary.text(term))));
  const tokens = toolTokens(tool);
  return FIELDS.flatMap((field) => {
    const words = [...new Set(tokens[field].filter((word) => wanted.has(stem(word))))];
    return words.length === 0 ? [] : [{ field, words }];
  });
}
