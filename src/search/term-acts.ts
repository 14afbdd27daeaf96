import type { Dictionary } from "./dictionary.ts";
import { ACT_NAMES, type Act, actOf } from "./verbs.ts";

const NO_ACT = 255;

/** The kind of act each term stands for, looked up once. */
export class TermActs {
  readonly #dictionary: Dictionary;
  /** By term, one more than the place of its act; 0 where nobody has asked yet. */
  #acts = new Uint8Array(0);

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  of(term: number): Act | undefined {
    if (term >= this.#acts.length) {
      const acts = new Uint8Array(this.#dictionary.size);
      acts.set(this.#acts);
      this.#acts = acts;
    }
    if (this.#acts[term] === 0) this.#acts[term] = this.#find(term);
    return ACT_NAMES[(this.#acts[term] ?? NO_ACT) - 1];
  }

  #find(term: number): number {
    const act = actOf(this.#dictionary.text(term));
    return act === undefined ? NO_ACT : ACT_NAMES.indexOf(act) + 1;
  }
}
