import type { WordTerms } from "./dictionary.ts";
import { FULL_IMPACT } from "./posting-lists.ts";
import { FIELDS, type Field } from "./searchable-tool.ts";
import type { ToolFields } from "./tool-fields.ts";
import { FIELD_WEIGHTS, WEIGHTS } from "./weights.ts";

/** Fields short and telling enough for the exact form of a word to matter. */
const FORM_FIELDS: ReadonlySet<Field> = new Set(["tool", "title", "lead", "description"]);

/**
 * How strongly a tool has each of its terms: BM25F (Robertson, Zaragoza, Taylor 2004), where the occurrences of all fields are
 * weighted and summed before they saturate. Lengths are compared with fixed usual lengths, so that a tool's strengths do
 * not depend on what else is indexed.
 */
export class TermWeigher {
  #strengths = new Float64Array(1024);
  #repeats = new Uint8Array(1024);
  readonly #terms: number[] = [];

  /** Calls `visit` once for every term of the tool, impact from 0 to 255; `name` is the term of its whole name, `size` that of the dictionary. */
  weigh(fields: ToolFields<WordTerms>, name: number, size: number, visit: (term: number, impact: number) => void): void {
    if (size > this.#strengths.length) this.#growTo(size * 2);
    this.#addRepeat(name, 1, 1);
    for (const field of FIELDS) if (fields[field].length > 0) this.#addField(field, fields[field]);
    for (const term of this.#terms) {
      const strength = this.#strengths[term] ?? 0;
      visit(term, Math.round((FULL_IMPACT * strength) / (strength + WEIGHTS.saturation)));
      this.#strengths[term] = 0;
      this.#repeats[term] = 0;
    }
    this.#terms.length = 0;
  }

  #addField(field: Field, words: readonly WordTerms[]): void {
    const { weight, lengthEffect, usualLength } = FIELD_WEIGHTS[field];
    const share = weight / (1 - lengthEffect + (lengthEffect * words.length) / usualLength);
    const forms = FORM_FIELDS.has(field);
    const most = this.#isChant(words) ? 1 : WEIGHTS.mostRepeats;
    for (const { stem, form } of words) {
      this.#addRepeat(stem, share, most);
      if (forms && form !== undefined) this.#addRepeat(form, share, most);
    }
    this.#forgetRepeats(words);
  }

  /** Whether a field says the same few words again and again, as no text does that tells something. */
  #isChant(words: readonly WordTerms[]): boolean {
    if (words.length <= WEIGHTS.leastChant) return false;
    let different = 0;
    for (const { stem } of words) {
      if (this.#repeats[stem] === 0) different += 1;
      this.#repeats[stem] = 1;
    }
    this.#forgetRepeats(words);
    return different * WEIGHTS.chantRepeats < words.length;
  }

  /** Counts an occurrence, unless the field has repeated the word too often: shouting earns nothing. */
  #addRepeat(term: number, share: number, most: number): void {
    const repeats = this.#repeats[term] ?? 0;
    if (repeats >= most) return;
    this.#repeats[term] = repeats + 1;
    const strength = this.#strengths[term] ?? 0;
    if (strength === 0) this.#terms.push(term);
    this.#strengths[term] = strength + share;
  }

  #forgetRepeats(words: readonly WordTerms[]): void {
    for (const { stem, form } of words) {
      this.#repeats[stem] = 0;
      if (form !== undefined) this.#repeats[form] = 0;
    }
  }

  #growTo(size: number): void {
    const strengths = new Float64Array(size);
    const repeats = new Uint8Array(size);
    strengths.set(this.#strengths);
    repeats.set(this.#repeats);
    this.#strengths = strengths;
    this.#repeats = repeats;
  }
}
