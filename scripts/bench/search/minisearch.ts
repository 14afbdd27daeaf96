import { stem } from "../../../src/search/stem.ts";
import { STOP_WORDS, tokenize } from "../../../src/search/tokenize.ts";
import { comparedFields, FIELD_NAMES } from "./compared-fields.ts";
import type { Engine } from "./engine.ts";
import { optionalPackage } from "./optional-package.ts";

interface MiniSearch {
  addAll(documents: readonly object[]): void;
  search(query: string, options?: object): readonly { readonly id: number }[];
}

interface MiniSearchModule {
  readonly default: new (options: object) => MiniSearch;
}

const BOOST = { tool: 4, server: 2, description: 1.5, serverDescription: 0.4, parameters: 0.7, parameterTexts: 0.4 };

/** MiniSearch as it comes. */
export const miniSearchDefault: Engine = { name: "MiniSearch", open: (corpus) => open(corpus, {}) };

/** MiniSearch with split identifiers, stems, stop words and boosts. */
export const miniSearchTuned: Engine = {
  name: "MiniSearch tuned",
  open: (corpus) =>
    open(corpus, {
      tokenize: (text: string) => tokenize(text),
      processTerm: (term: string) => (STOP_WORDS.has(term) ? null : stem(term.toLowerCase())),
      searchOptions: { boost: BOOST },
    }),
};

async function open(corpus: Parameters<Engine["open"]>[0], options: object): ReturnType<Engine["open"]> {
  const module = await optionalPackage<MiniSearchModule>("minisearch");
  if (!module) return undefined;
  const index = new module.default({ fields: FIELD_NAMES, ...options });
  index.addAll(corpus.map((tool, id) => ({ id, ...comparedFields(tool) })));
  return {
    search: (query, limit) =>
      index
        .search(query)
        .slice(0, limit)
        .flatMap(({ id }) => corpus[id] ?? []),
  };
}
