import { tokenize } from "./tokenize.ts";

/** Text beyond this is not read. */
export const LONGEST_QUERY = 4000;
const FILE_KINDS =
  "txt|md|csv|tsv|json|jsonl|ya?ml|xml|html?|pdf|docx?|xlsx?|pptx?|rtf|png|jpe?g|gif|svg|webp|mp3|wav|mp4|mov|zip|tar|gz|log|py|tsx?|jsx?|java|rs|go|sql|db|sqlite|parquet|ipynb";

/** A span that names a value, not a tool, and the words its kind of value stands for. */
interface ValueKind {
  readonly pattern: string;
  readonly hints: readonly string[];
}

const VALUE_KINDS: readonly ValueKind[] = [
  { pattern: "<[^<>\\n]{1,60}>", hints: [] },
  { pattern: "\\bhttps?:\\/\\/\\S+", hints: ["url"] },
  { pattern: '\\bselect\\s[^;`"]{1,200}?\\sfrom\\s[\\w.]+', hints: ["sql", "query", "database"] },
  { pattern: "[`'\"]?(?<![\\p{L}\\p{N}])(?:[A-Za-z]:)?\\.{0,2}\\/[\\w.\\-\\/{}]+[`'\"]?", hints: ["file"] },
  { pattern: `[\`'"]?(?<![\\p{L}\\p{N}])[\\w\\-]{1,80}\\.(?:${FILE_KINDS})\\b[\`'"]?`, hints: ["file"] },
  { pattern: "(?<![\\p{L}\\p{N}])'[^'\\n]{1,80}'(?![\\p{L}\\p{N}])", hints: [] },
  { pattern: '"[^"\\n]{1,200}"', hints: [] },
  { pattern: "`[^`\\n]{1,120}`", hints: [] },
  { pattern: "[“„«][^”“»\\n]{1,200}[”“»]", hints: [] },
  { pattern: "\\b[\\w.\\-]{1,64}@[\\w\\-]{1,63}\\.[\\w.\\-]+\\b", hints: ["email"] },
  { pattern: "\\b\\d{1,3}(?:\\.\\d{1,3}){3}\\b", hints: ["ip"] },
  { pattern: "\\b-?\\d{1,3}\\.\\d{3,},\\s?-?\\d{1,3}\\.\\d{3,}\\b", hints: ["coordinates"] },
  { pattern: "\\b\\d[\\d.,:\\-\\/]*\\b", hints: [] },
  { pattern: "#[\\w\\-]+", hints: [] },
];
/** Stands in every text that holds a value; cheap, where the other takes milliseconds before its first use. */
const MAY_HOLD_VALUE = /[<:/.'"`“„«@#\d]|select/iu;
const VALUES = new RegExp(VALUE_KINDS.map(({ pattern }) => `(${pattern})`).join("|"), "giu");
const URLS = /\bhttps?:\/\/\S+/gi;
const IDENTIFIER = /[A-Za-z][A-Za-z0-9_\-.]{3,}/g;
const IDENTIFIER_MARK = /[_\-.]|[a-z][A-Z]/;

/** What a query says, in words. */
export interface QueryWords {
  /** Words that ask, in order. */
  readonly asking: readonly string[];
  /** Words inside values; they count less. */
  readonly values: readonly string[];
  /** Words for the kinds of the values: a path hints at files. */
  readonly hints: readonly string[];
  /** Words written like identifiers, which may be the name of a tool. */
  readonly identifiers: readonly string[];
}

/** Takes a query apart; text beyond 4,000 characters is not read. */
export function readQuery(query: string): QueryWords {
  const text = query.slice(0, LONGEST_QUERY);
  if (!MAY_HOLD_VALUE.test(text)) return { asking: tokenize(text), values: [], hints: [], identifiers: identifiersIn(text) };
  const values: string[] = [];
  const hints = new Set<string>();
  const asking = text.replace(VALUES, (span, ...groups: unknown[]) => {
    values.push(...tokenize(span).filter((word) => !/^\d/.test(word)));
    const kind = VALUE_KINDS[groups.indexOf(span)];
    for (const hint of kind?.hints ?? []) hints.add(hint);
    return " ";
  });
  return { asking: tokenize(asking), values, hints: [...hints], identifiers: identifiersIn(text) };
}

function identifiersIn(text: string): readonly string[] {
  const words = (text.replace(URLS, " ").match(IDENTIFIER) ?? []).filter((word) => IDENTIFIER_MARK.test(word));
  return [...new Set(words)];
}
