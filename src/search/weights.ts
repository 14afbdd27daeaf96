import type { Field } from "./searchable-tool.ts";

/** How a field counts. */
export interface FieldWeight {
  /** How much one occurrence counts. */
  readonly weight: number;
  /** 0: length does not matter; 1: an occurrence in a field twice as long counts half. */
  readonly lengthEffect: number;
  /** The length in words at which a field is neither favoured nor held back: a usual length, fixed so that no server can shift it. */
  readonly usualLength: number;
  /** Words beyond this are not read. */
  readonly longest: number;
}

/** The fields of a tool against each other; found by measuring against labelled needs, except title, tags and examples, which are set by analogy. */
export const FIELD_WEIGHTS: Readonly<Record<Field, FieldWeight>> = {
  server: { weight: 3.3, lengthEffect: 0.8, usualLength: 2.5, longest: 12 },
  tool: { weight: 3.4, lengthEffect: 0.15, usualLength: 3, longest: 16 },
  title: { weight: 2, lengthEffect: 0.3, usualLength: 3, longest: 16 },
  lead: { weight: 0.4, lengthEffect: 0.05, usualLength: 12, longest: 50 },
  description: { weight: 1.6, lengthEffect: 0.9, usualLength: 30, longest: 120 },
  serverDescription: { weight: 0.5, lengthEffect: 1, usualLength: 20, longest: 100 },
  parameters: { weight: 1.1, lengthEffect: 0.2, usualLength: 8, longest: 120 },
  parameterTexts: { weight: 0.85, lengthEffect: 0.4, usualLength: 40, longest: 300 },
  tags: { weight: 1.5, lengthEffect: 0.5, usualLength: 4, longest: 20 },
  examples: { weight: 1.7, lengthEffect: 0.5, usualLength: 20, longest: 120 },
};

/** What the parts of the evidence count against each other. */
export const WEIGHTS = {
  /** BM25's k1: how soon more of the same word stops counting. */
  saturation: 0.9,
  /** Occurrences of a word that one field may count. */
  mostRepeats: 4,
  /** A field of more words than this that says each more often than that on average is a chant: each word counts once. */
  leastChant: 8,
  chantRepeats: 3,
  /** Power over the rarity of a term. */
  rarityPower: 1.05,
  /** What the exact form of a word adds to its stem. */
  formShare: 0.2,
  /** Words that shape the sentence, against words that name things. */
  vague: 0.5,
  /** Words inside a value, against words that ask. */
  value: 0.6,
  /** The kind of a value: a path says "file". */
  hint: 1,
  /** Two words joined, or one split. */
  compound: 0.55,
  /** A word put right. */
  typo: 0.5,
  /** Another spelling of a word, against the word itself. */
  same: 0.85,
  near: 0.6,
  /** What another spelling, or a near word, covers of a name. */
  sameCover: 0.8,
  nearCover: 0.6,
  /** The tool's own name covered by the query. */
  nameCover: 1.35,
  /** What a word is worth in a name at least, against its rarity among names: all tools of a server may speak of what one is named after. */
  nameRarity: 0.4,
  /** The server's names covered by the query. */
  serverCover: 0.6,
  /** The first sentence of the description covered by the query. */
  leadCover: 0.4,
  /** Words left over in a first sentence that are forgiven, as rarity. */
  leadSlack: 20,
  /** A name whose verb is of the kind asked for, a verb of reading where a question names none, or a verb of another kind. */
  sameAct: 1,
  askedAct: 0.5,
  otherAct: 2,
  /** A tool named in full by a word written like an identifier. */
  exactName: 6,
} as const;
