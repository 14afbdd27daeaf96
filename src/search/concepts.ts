import { formTerm } from "./dictionary.ts";
import type { Generation } from "./generation.ts";
import type { QueryWords } from "./query-words.ts";
import { isBroken, repairWord } from "./repair-word.ts";
import { synonymsOf } from "./synonyms.ts";
import { isVague } from "./vague-words.ts";
import { WEIGHTS } from "./weights.ts";

const MOST_CONCEPTS = 40;
/** Words that are put right: each is compared with hundreds of others. */
const MOST_REPAIRS = 12;

/** A term standing for a concept. */
export interface Stand {
  readonly term: number;
  /** What the term is worth at full impact. */
  readonly worth: number;
  /** Share of the concept it covers: 1 for the word itself, less for a synonym. */
  readonly cover: number;
}

/** One thing a query asks for: its own word and the words that may stand for it. */
export interface Concept {
  /** 1 for a word that asks, less for one that is only hinted at. */
  readonly weight: number;
  /** What finding the word itself is worth: its weight times its rarity. */
  readonly worth: number;
  /** Empty when neither the word nor a synonym is in any tool. */
  readonly stands: readonly Stand[];
  /** Exact forms of the word; what they give comes on top. */
  readonly forms: readonly Stand[];
}

interface Draft {
  readonly words: Set<string>;
  weight: number;
}

/** Turns the words of a query into concepts, at most 40 of those that some tool answers, the weightiest kept. */
export function conceptsOf(query: QueryWords, index: Generation): readonly Concept[] {
  const drafts = draftConcepts(query, index);
  const concepts = [...drafts].map(([stemmed, draft]) => weigh(stemmed, draft, index));
  if (concepts.length <= MOST_CONCEPTS) return concepts.map((concept) => finish(concept, drafts, index));
  const known: Concept[] = [];
  for (const weighed of concepts.sort((a, b) => b.worth - a.worth)) {
    const concept = finish(weighed, drafts, index);
    if (concept.stands.length > 0) known.push(concept);
    if (known.length === MOST_CONCEPTS) break;
  }
  return known;
}

type Drafts = Map<string, Draft>;

function draftConcepts(query: QueryWords, index: Generation): Drafts {
  const drafts: Drafts = new Map();
  const add = (word: string, weight: number): void => addDraft(drafts, index.dictionary.stemOf(word), word, weight);
  for (const word of query.values) add(word, WEIGHTS.value);
  for (const word of query.asking) add(word, isVague(word) ? WEIGHTS.vague : 1);
  const said = [...drafts.values()];
  for (const word of query.hints) add(word, WEIGHTS.hint);
  for (const [first, second] of pairs(query.asking)) {
    const joined = first + second; // "file system" also asks for "filesystem"
    if (isKnown(index.dictionary.stemOf(joined), index)) add(joined, WEIGHTS.compound);
  }
  const broken = said.map(({ words: [word = ""], weight }) => ({ word, weight })).filter(({ word }) => isBroken(word, index));
  for (const { word, weight } of broken.slice(0, MOST_REPAIRS)) {
    for (const repaired of repairWord(word, index)) add(repaired.word, weight * repaired.trust);
  }
  return drafts;
}

const pairs = (words: readonly string[]): [string, string][] => words.slice(1).map((word, at) => [words[at] ?? "", word]);

/** A word said twice counts once, at its higher weight. */
function addDraft(drafts: Drafts, stemmed: string, word: string, weight: number): void {
  const draft = drafts.get(stemmed);
  if (draft) {
    draft.words.add(word);
    draft.weight = Math.max(draft.weight, weight);
  } else {
    drafts.set(stemmed, { words: new Set([word]), weight });
  }
}

function isKnown(stemmed: string, index: Generation): boolean {
  const term = index.dictionary.find(stemmed);
  return term !== undefined && index.frequencies.of(term) > 0;
}

interface WeighedDraft extends Draft {
  readonly stemmed: string;
  readonly own: number | undefined;
  readonly worth: number;
}

function weigh(stemmed: string, draft: Draft, { dictionary, frequencies }: Generation): WeighedDraft {
  const own = dictionary.find(stemmed);
  const { words, weight } = draft;
  return { words, weight, stemmed, own, worth: weight * frequencies.rarity(own ?? dictionary.size) };
}

function finish({ stemmed, own, words, weight, worth }: WeighedDraft, asked: Drafts, index: Generation): Concept {
  const { dictionary, frequencies } = index;
  const stands: Stand[] = own !== undefined && frequencies.of(own) > 0 ? [{ term: own, worth, cover: 1 }] : [];
  for (const { stem: other, kind } of synonymsOf(stemmed)) {
    const term = asked.has(other) ? undefined : dictionary.find(other);
    if (term === undefined || frequencies.of(term) === 0) continue;
    const share = kind === "same" ? WEIGHTS.same : WEIGHTS.near;
    const cover = kind === "same" ? WEIGHTS.sameCover : WEIGHTS.nearCover;
    stands.push({ term, worth: share * Math.min(worth, weight * frequencies.rarity(term)), cover });
  }
  return { weight, worth, stands, forms: formsOf(words, worth, index) };
}

function formsOf(words: ReadonlySet<string>, worth: number, index: Generation): Stand[] {
  const forms: Stand[] = [];
  for (const word of words) {
    const term = index.dictionary.find(formTerm(word));
    if (term !== undefined) forms.push({ term, worth: worth * WEIGHTS.formShare, cover: 0 });
  }
  return forms;
}
