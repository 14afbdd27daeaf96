import { stem } from "./stem.ts";
import { bitOf } from "./word-sketch.ts";

/** What is known of a surface word: its stem, its exact form where that differs, and its bit in sketches. */
export interface WordTerms {
  readonly stem: number;
  readonly form: number | undefined;
  readonly bit: number;
}

const TERMS_A_STEP = 1_024;
/** Words of queries whose stems are remembered. */
const MOST_ASKED = 4_096;

/** Numbers for terms (stems, exact forms, whole names), so that everything else can live in typed arrays. */
export class Dictionary {
  readonly #ids = new Map<string, number>();
  #texts: string[] = [];
  /** Each word of the vocabulary is stemmed once. */
  readonly #words = new Map<string, WordTerms>();
  readonly #asked = new Map<string, string>();
  /** By stem, the word it is shown as: the shortest known, then the first in the alphabet. */
  #shown: (string | undefined)[] = [];
  /** Stems by first letter and length, the only neighbours a mistyped word is compared with; as far as anybody asked. */
  readonly #neighbours = new Map<string, number[]>();
  #grouped = 0;

  get size(): number {
    return this.#texts.length;
  }

  /** The number of a term, new or known. */
  intern(term: string): number {
    const known = this.#ids.get(term);
    if (known !== undefined) return known;
    const id = this.#texts.length;
    this.#ids.set(term, id);
    this.#texts.push(term);
    this.#shown.push(undefined);
    return id;
  }

  /** Takes over the terms of another dictionary and the words they are shown as, for a dictionary that is empty. */
  *adopt(terms: string[], shown: (string | undefined)[]): Generator<void, void> {
    this.#texts = terms;
    this.#shown = shown;
    for (let id = 0; id < terms.length; id += 1) {
      this.#ids.set(terms[id] ?? "", id);
      if (id % TERMS_A_STEP === 0) yield;
    }
  }

  /** The terms of a word, new or known. */
  internWord(word: string): WordTerms {
    const known = this.#words.get(word);
    if (known) return known;
    const stemmed = stem(word);
    const form = stemmed === word ? undefined : this.intern(formTerm(word));
    const terms: WordTerms = { stem: this.intern(stemmed), form, bit: bitOf(word) };
    this.#words.set(word, terms);
    this.show(terms.stem, word);
    return terms;
  }

  /** The stem of a word of a query: people and models ask with the same words again, and so do the steps of one task. */
  stemOf(word: string): string {
    const known = this.#asked.get(word);
    if (known !== undefined) return known;
    if (this.#asked.size >= MOST_ASKED) this.#asked.clear();
    const stemmed = stem(word);
    this.#asked.set(word, stemmed);
    return stemmed;
  }

  find(term: string): number | undefined {
    return this.#ids.get(term);
  }

  text(id: number): string {
    return this.#texts[id] ?? "";
  }

  /** All terms, in the order of their numbers. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** A readable word for a stem. */
  word(stem: number): string {
    return this.#shown[stem] || this.text(stem);
  }

  /** Lets a stem be shown as a word, unless it has a better one. */
  show(stem: number, word: string): void {
    const shown = this.#shown[stem];
    if (!shown || word.length < shown.length || (word.length === shown.length && word < shown)) {
      this.#shown[stem] = word;
    }
  }

  neighbours(letter: string, length: number): readonly number[] {
    for (; this.#grouped < this.#texts.length; this.#grouped += 1) this.#group(this.#grouped);
    return this.#neighbours.get(neighbourKey(letter, length)) ?? [];
  }

  #group(id: number): void {
    const term = this.text(id);
    if (!/^[a-z]{4,}$/.test(term)) return;
    const key = neighbourKey(term.charAt(0), term.length);
    const group = this.#neighbours.get(key);
    if (group) group.push(id);
    else this.#neighbours.set(key, [id]);
  }
}

const neighbourKey = (letter: string, length: number): string => `${letter}${length}`;

/** The term under which a word's exact form is kept beside its stem. */
export const formTerm = (word: string): string => `=${word}`;

/** The term under which a tool's whole folded name is kept. */
export const nameTerm = (foldedName: string): string => `#${foldedName}`;
