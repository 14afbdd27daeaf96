import type { Concept } from "./concepts.ts";
import type { Generation, ServerRange } from "./generation.ts";
import { stem } from "./stem.ts";
import { type Act, actOf } from "./verbs.ts";
import { WEIGHTS } from "./weights.ts";

/** A wish begins with what is to be done; verbs further on belong to its objects. */
const OPENING_WORDS = 3;

/** What a query covers of the names of a tool: the second look at tools that the first one found. */
export class NameCover {
  readonly #index: Generation;
  /** Share of each term that the query covers. */
  readonly #shares = new Map<number, number>();
  readonly #servers = new Map<ServerRange, number>();
  readonly #acts: ReadonlySet<Act>;

  constructor(concepts: readonly Concept[], asking: readonly string[], index: Generation) {
    this.#index = index;
    for (const { weight, stands } of concepts) {
      for (const { term, cover } of stands) this.#shares.set(term, Math.max(weight * cover, this.#shares.get(term) ?? 0));
    }
    const opening = asking.slice(0, OPENING_WORDS);
    this.#acts = new Set(opening.map((word) => actOf(stem(word))).filter((act) => act !== undefined));
  }

  /** What a document gains: the more of its names the query covers, and the less is left over, the more. */
  gain(doc: number): number {
    const { documents } = this.#index;
    const name = documents.nameTerms(doc);
    return (
      WEIGHTS.nameCover * this.#cover(name, 0) +
      WEIGHTS.serverCover * this.#serverCover(doc) +
      WEIGHTS.leadCover * this.#cover(documents.leadTerms(doc), WEIGHTS.leadSlack) +
      this.#actGain(name)
    );
  }

  /** The better covered of a server's names, worked out once for all of its tools. */
  #serverCover(doc: number): number {
    const owner = this.#index.owner(doc);
    if (!owner) return 0;
    const known = this.#servers.get(owner);
    if (known !== undefined) return known;
    const cover = Math.max(0, ...owner.names.map((terms) => this.#cover(terms, 0)));
    this.#servers.set(owner, cover);
    return cover;
  }

  /** Covered weight, times its share of the whole; `slack` forgives words left over. */
  #cover(terms: ArrayLike<number>, slack: number): number {
    let covered = 0;
    let whole = slack;
    for (let at = 0; at < terms.length; at += 1) {
      const term = terms[at] ?? 0;
      const worth = this.#index.frequencies.rarity(term);
      whole += worth;
      covered += worth * (this.#shares.get(term) ?? 0);
    }
    return covered === 0 ? 0 : (covered * covered) / whole;
  }

  /** A name whose verb is of the kind that was asked for gains a little; one of another kind loses. */
  #actGain(name: Iterable<number>): number {
    if (this.#acts.size === 0) return 0;
    let gain = 0;
    for (const term of name) {
      const act = actOf(this.#index.dictionary.text(term));
      if (act !== undefined && this.#acts.has(act)) return WEIGHTS.sameAct;
      if (act !== undefined) gain = -WEIGHTS.otherAct;
    }
    return gain;
  }
}
