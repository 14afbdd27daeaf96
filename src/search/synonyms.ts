import { stem } from "./stem.ts";
import { NEAR, SAME } from "./synonym-groups.ts";

/** Another stem for a concept: the same thing spelt otherwise, or nearly the same. */
export interface Synonym {
  readonly stem: string;
  readonly kind: "same" | "near";
}

/** Other stems for a stem, strongest kind first; nothing for a stem the tables do not know. */
export const synonymsOf = (stemmed: string): readonly Synonym[] => TABLE.get(stemmed) ?? [];

const TABLE = buildTable();

function buildTable(): ReadonlyMap<string, readonly Synonym[]> {
  const table = new Map<string, Map<string, Synonym>>();
  for (const [text, kind] of [
    [SAME, "same"],
    [NEAR, "near"],
  ] as const) {
    for (const line of text.trim().split("\n")) {
      const stems = [...new Set(line.trim().split(/\s+/).map(stem))];
      for (const one of stems) for (const other of stems) if (one !== other) link(table, one, { stem: other, kind });
    }
  }
  return new Map([...table].map(([from, group]) => [from, [...group.values()]]));
}

function link(table: Map<string, Map<string, Synonym>>, from: string, synonym: Synonym): void {
  const group = table.get(from) ?? new Map<string, Synonym>();
  if (!group.has(synonym.stem)) group.set(synonym.stem, synonym);
  table.set(from, group);
}
