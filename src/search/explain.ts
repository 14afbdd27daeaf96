import type { Concept } from "./concepts.ts";
import type { Dictionary } from "./dictionary.ts";
import { FIELDS, type FieldMatch, type SearchableTool } from "./searchable-tool.ts";
import { stem } from "./stem.ts";
import { serverFields, sourceOf, toolFields } from "./tool-fields.ts";

/** The words of a tool that a query found, field by field; fields without one are left out. */
export function explainMatch(tool: SearchableTool, concepts: readonly Concept[], dictionary: Dictionary): readonly FieldMatch[] {
  const wanted = new Set(concepts.flatMap(({ stands }) => stands.map(({ term }) => dictionary.text(term))));
  const plain = sourceOf((word) => word);
  const fields = toolFields(tool, serverFields(tool, plain), plain);
  return FIELDS.flatMap((field) => {
    const words = [...new Set(fields[field].filter((word) => wanted.has(stem(word))))];
    return words.length === 0 ? [] : [{ field, words }];
  });
}
