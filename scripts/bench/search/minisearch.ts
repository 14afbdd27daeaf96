import { stem } from "../../../src/search/stem.ts";
import { STOP_WORDS, tokenize } from "../../../src/search/tokenize.ts";
import { comparedFields, FIELD_NAMES } from "./compared-fields.ts";
import type { Engine, OpenEngine } from "./engine.ts";
import type { CorpusTool } from "./labelled-set.ts";
import type { LoadPackage } from "./optional-package.ts";

interface MiniSearch {
  addAll(documents: readonly object[]): void;
  search(query: string, options?: object): readonly { readonly id: number }[];
}

interface MiniSearchModule {
  readonly default: new (options: object) => MiniSearch;
}

const PACKAGE = "minisearch@7.2.0";
const BOOST = { tool: 4, server: 2, description: 1.5, serverDescription: 0.4, parameters: 0.7, parameterTexts: 0.4 };

/** MiniSearch as it comes. */
export const miniSearchDefault = (load: LoadPackage): Engine => ({
  name: "MiniSearch",
  needs: PACKAGE,
  open: (corpus) => open(load, corpus, {}),
});

/** MiniSearch with split identifiers, stems, stop words and boosts. */
export const miniSearchTuned = (load: LoadPackage): Engine => ({
  name: "MiniSearch tuned",
  needs: PACKAGE,
  open: (corpus) =>
    open(load, corpus, {
      tokenize: (text: string) => tokenize(text),
      processTerm: (term: string) => (STOP_WORDS.has(term) ? null : stem(term.toLowerCase())),
      searchOptions: { boost: BOOST },
    }),
});

async function open(load: LoadPackage, corpus: readonly CorpusTool[], options: object): Promise<OpenEngine | undefined> {
  const module = await load<MiniSearchModule>("minisearch");
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
