import type { Concept } from "./concepts.ts";
import { startOf } from "./document-table.ts";
import type { Generation, ServerRange } from "./generation.ts";
import { WEIGHTS } from "./weights.ts";
import type { Wish } from "./wish.ts";

/** Terms of a list; a Uint32List is one. */
interface Terms {
  at(place: number): number | undefined;
}

/** What a query covers of the names of a tool: the second look at tools that the first one found. */
export class NameCover {
  readonly #index: Generation;
  /** Share of each term that the query covers. */
  readonly #shares = new Map<number, number>();
  readonly #sieve = new TermSieve();
  readonly #servers = new Map<ServerRange, number>();
  readonly #wish: Wish;

  constructor(concepts: readonly Concept[], wish: Wish, index: Generation) {
    this.#index = index;
    this.#wish = wish;
    for (const { weight, stands } of concepts) {
      for (const { term, cover } of stands) {
        this.#shares.set(term, Math.max(weight * cover, this.#shares.get(term) ?? 0));
        this.#sieve.add(term);
      }
    }
  }

  /** What a document gains: the more of its names the query covers, and the less is left over, the more. */
  gain(doc: number): number {
    const { nameTerms, nameEnds, leadTerms, leadEnds } = this.#index.documents.lists;
    const [from, to] = [startOf(doc, nameEnds), nameEnds.at(doc)];
    return (
      WEIGHTS.nameCover * this.#cover(nameTerms, from, to, 0, true) +
      WEIGHTS.serverCover * this.#serverCover(doc) +
      WEIGHTS.leadCover * this.#cover(leadTerms, startOf(doc, leadEnds), leadEnds.at(doc), WEIGHTS.leadSlack) +
      this.#actGain(nameTerms, from, to)
    );
  }

  /** The better covered of a server's names, worked out once for all of its tools. */
  #serverCover(doc: number): number {
    const owner = this.#index.owner(doc);
    if (!owner) return 0;
    const known = this.#servers.get(owner);
    if (known !== undefined) return known;
    const cover = Math.max(0, ...owner.names.map((terms) => this.#cover(terms, 0, terms.length, 0)));
    this.#servers.set(owner, cover);
    return cover;
  }

  /** Covered weight, times its share of the whole; `slack` forgives words left over. */
  #cover(terms: Terms, from: number, to: number, slack: number, isName = false): number {
    let covered = 0;
    let whole = slack;
    for (let at = from; at < to; at += 1) {
      const term = terms.at(at) ?? 0;
      const worth = isName ? this.#index.nameWorth(term) : this.#index.frequencies.rarity(term);
      whole += worth;
      if (this.#sieve.mayHave(term)) covered += worth * (this.#shares.get(term) ?? 0);
    }
    return covered === 0 ? 0 : (covered * covered) / whole;
  }

  /** A name whose verb is of the kind that was asked for gains a little; one of another kind loses. */
  #actGain(name: Terms, from: number, to: number): number {
    const { acts, gain: wished } = this.#wish;
    if (acts.size === 0) return 0;
    let gain = 0;
    for (let at = from; at < to; at += 1) {
      const act = this.#index.acts.of(name.at(at) ?? 0);
      if (act !== undefined && acts.has(act)) return wished;
      if (act !== undefined) gain = -WEIGHTS.otherAct;
    }
    return gain;
  }
}

/** Tells most of the terms that are not in a set (Bloom 1970, with one hash): cheaper than to ask the set. */
class TermSieve {
  readonly #bits = new Int32Array(32);

  add(term: number): void {
    const word = (term >>> 5) & 31;
    this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (term & 31));
  }

  mayHave(term: number): boolean {
    return (((this.#bits[(term >>> 5) & 31] ?? 0) >>> (term & 31)) & 1) === 1;
  }
}
