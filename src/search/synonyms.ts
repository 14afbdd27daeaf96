import { stem } from "./stem.ts";
import { NEAR, SAME } from "./synonym-groups.ts";

/** Another stem for a concept: the same thing spelt otherwise, or nearly the same. */
export interface Synonym {
  readonly stem: string;
  readonly kind: "same" | "near";
}

/** One line of the tables. */
interface Group {
  readonly words: readonly string[];
  readonly kind: Synonym["kind"];
}

/** Other stems for a stem, strongest kind first; nothing for a stem the tables do not know. */
export function synonymsOf(stemmed: string): readonly Synonym[] {
  const known = found.get(stemmed);
  if (known) return known;
  const groups = groupsWith(stemmed.charAt(0)).get(stemmed);
  if (!groups) return [];
  const synonyms = othersIn(groups, stemmed);
  found.set(stemmed, synonyms);
  return synonyms;
}

const found = new Map<string, readonly Synonym[]>();
/** By first letter and stem, the groups with a word of that stem: a stem keeps the first letter of its word. */
const byLetter = new Map<string, ReadonlyMap<string, readonly Group[]>>();
let groups: readonly Group[] | undefined;

/** Stems only the words of one letter, since the first question of a process has to wait for it. */
function groupsWith(letter: string): ReadonlyMap<string, readonly Group[]> {
  const known = byLetter.get(letter);
  if (known) return known;
  const table = new Map<string, Group[]>();
  groups ??= [...readGroups(SAME, "same"), ...readGroups(NEAR, "near")];
  for (const group of groups) {
    const stems = new Set(group.words.filter((word) => word.startsWith(letter)).map(stem));
    for (const stemmed of stems) table.set(stemmed, [...(table.get(stemmed) ?? []), group]);
  }
  byLetter.set(letter, table);
  return table;
}

const readGroups = (text: string, kind: Group["kind"]): readonly Group[] =>
  text
    .trim()
    .split("\n")
    .map((line) => ({ words: line.trim().split(/\s+/), kind }));

/** Each stem once, of the strongest kind. */
function othersIn(group: readonly Group[], stemmed: string): readonly Synonym[] {
  const synonyms = new Map<string, Synonym>();
  for (const { words, kind } of group) {
    for (const other of words.map(stem))
      if (other !== stemmed && !synonyms.has(other)) synonyms.set(other, { stem: other, kind });
  }
  return [...synonyms.values()];
}
