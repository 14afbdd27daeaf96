import type { Dictionary, WordTerms } from "./dictionary.ts";
import { type DescriptionFields, sourceOf, type WordSource } from "./tool-fields.ts";

const LONGEST_REMEMBERED = 4_000;
/** Some 30 MB of words and texts. */
const MOST_REMEMBERED = 1 << 21;

/**
 * Reads text as terms of a dictionary. It remembers what it has read until told to forget: many tools have parameters of the same name
 * and meaning, and the same server is often published more than once.
 */
export class TermReader implements WordSource<WordTerms> {
  readonly #source: WordSource<WordTerms>;
  readonly #descriptions = new Map<string, DescriptionFields<WordTerms>>();
  /** What other texts were read as, by how many words were wanted at most. */
  readonly #texts = new Map<number, Map<string, readonly WordTerms[]>>();
  /** Words and texts it remembers. */
  #size = 0;

  constructor(dictionary: Dictionary) {
    this.#source = sourceOf((word) => dictionary.internWord(word));
  }

  words(text: string, limit: number): readonly WordTerms[] {
    const known = this.#upTo(limit);
    const before = known.get(text);
    if (before) return before;
    const words = this.#source.words(text, limit);
    if (this.#remembers(text, words)) known.set(text, words);
    return words;
  }

  get word(): (word: string) => WordTerms {
    return this.#source.word;
  }

  description(text: string): DescriptionFields<WordTerms> {
    const before = this.#descriptions.get(text);
    if (before) return before;
    const fields = this.#source.description(text);
    if (this.#remembers(text, fields.description)) this.#descriptions.set(text, fields);
    return fields;
  }

  forget(): void {
    this.#descriptions.clear();
    this.#texts.clear();
    this.#size = 0;
  }

  #upTo(limit: number): Map<string, readonly WordTerms[]> {
    const known = this.#texts.get(limit) ?? new Map<string, readonly WordTerms[]>();
    this.#texts.set(limit, known);
    return known;
  }

  /** Whether there is room to remember a text; for the first one too many everything else goes. */
  #remembers(text: string, words: readonly WordTerms[]): boolean {
    if (text.length > LONGEST_REMEMBERED) return false;
    if (this.#size > MOST_REMEMBERED) this.forget();
    this.#size += words.length + 1;
    return true;
  }
}
