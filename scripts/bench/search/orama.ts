import { comparedFields, FIELD_NAMES } from "./compared-fields.ts";
import type { Engine } from "./engine.ts";
import type { LoadPackage } from "./optional-package.ts";

interface OramaModule {
  create(options: object): Promise<object> | object;
  insertMultiple(index: object, documents: readonly object[], batch: number): Promise<unknown> | unknown;
  search(index: object, query: object): Promise<OramaAnswer> | OramaAnswer;
}

interface OramaAnswer {
  readonly hits: readonly { readonly document: { readonly at: number } }[];
}

/** Orama as it comes. */
export const orama = (load: LoadPackage): Engine => ({
  name: "Orama",
  needs: "@orama/orama@3.1.18",
  mostTools: 5000,
  async open(corpus) {
    const module = await load<OramaModule>("@orama/orama");
    if (!module) return undefined;
    const fields = Object.fromEntries(FIELD_NAMES.map((name) => [name, "string"]));
    const index = await module.create({ schema: { ...fields, at: "number" } });
    await module.insertMultiple(
      index,
      corpus.map((tool, at) => ({ at, ...comparedFields(tool) })),
      1000,
    );
    return {
      async search(query, limit) {
        const { hits } = await module.search(index, { term: query, properties: FIELD_NAMES, limit });
        return hits.flatMap(({ document }) => corpus[document.at] ?? []);
      },
    };
  },
});
