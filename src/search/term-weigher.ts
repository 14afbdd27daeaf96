import { type Dictionary, nameTerm, type WordTerms } from "./dictionary.ts";
import { FULL_IMPACT } from "./posting-lists.ts";
import { FIELDS, type Field } from "./searchable-tool.ts";
import type { FieldTokens } from "./tool-fields.ts";
import { FIELD_WEIGHTS, WEIGHTS } from "./weights.ts";

/** Fields short and telling enough for the exact form of a word to matter. */
const FORM_FIELDS: ReadonlySet<Field> = new Set(["tool", "title", "lead", "description"]);

/** Whether a field says the same few words again and again, as no text does that tells something. */
const isChant = (terms: readonly WordTerms[]): boolean =>
  terms.length > WEIGHTS.leastChant && new Set(terms.map(({ stem }) => stem)).size * WEIGHTS.chantRepeats < terms.length;

/**
 * How strongly a tool has each of its terms: BM25F (Robertson, Zaragoza, Taylor 2004), where the occurrences of all fields are
 * weighted and summed before they saturate. Lengths are compared with fixed usual lengths, so that a tool's strengths do
 * not depend on what else is indexed.
 */
export class TermWeigher {
  readonly #dictionary: Dictionary;
  #strengths = new Float64Array(1024);
  #repeats = new Uint8Array(1024);
  readonly #terms: number[] = [];

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  /** Calls `visit` once for every term of the tool, impact from 0 to 65535. */
  weigh(tokens: FieldTokens, name: string, visit: (term: number, impact: number) => void): void {
    this.#addRepeat(this.#dictionary.intern(nameTerm(name)), 1, 1);
    for (const field of FIELDS) this.#addField(field, tokens[field]);
    for (const term of this.#terms) {
      const strength = this.#strengths[term] ?? 0;
      visit(term, Math.round((FULL_IMPACT * strength) / (strength + WEIGHTS.saturation)));
      this.#strengths[term] = 0;
      this.#repeats[term] = 0;
    }
    this.#terms.length = 0;
  }

  #addField(field: Field, words: readonly string[]): void {
    if (words.length === 0) return;
    const { weight, lengthEffect, usualLength } = FIELD_WEIGHTS[field];
    const share = weight / (1 - lengthEffect + (lengthEffect * words.length) / usualLength);
    const forms = FORM_FIELDS.has(field);
    const terms = words.map((word) => this.#dictionary.internWord(word));
    const most = isChant(terms) ? 1 : WEIGHTS.mostRepeats;
    for (const { stem, form } of terms) {
      this.#addRepeat(stem, share, most);
      if (forms && form !== undefined) this.#addRepeat(form, share, most);
    }
    for (const { stem, form } of terms) {
      this.#repeats[stem] = 0;
      if (form !== undefined) this.#repeats[form] = 0;
    }
  }

  /** Counts an occurrence, unless the field has repeated the word too often: shouting earns nothing. */
  #addRepeat(term: number, share: number, most: number): void {
    if (term >= this.#strengths.length) this.#grow(term);
    const repeats = this.#repeats[term] ?? 0;
    if (repeats >= most) return;
    this.#repeats[term] = repeats + 1;
    const strength = this.#strengths[term] ?? 0;
    if (strength === 0) this.#terms.push(term);
    this.#strengths[term] = strength + share;
  }

  #grow(term: number): void {
    const strengths = new Float64Array(term * 2);
    const repeats = new Uint8Array(term * 2);
    strengths.set(this.#strengths);
    repeats.set(this.#repeats);
    this.#strengths = strengths;
    this.#repeats = repeats;
  }
}
