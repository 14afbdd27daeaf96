import type { Neighbours } from "../../../src/search/near-tools.ts";
import { buildIndex, type Engine } from "./engine.ts";
import type { Address, LabelledQuery } from "./labelled-set.ts";

const WEIGHTS: readonly (readonly [name: string, weight: number])[] = [
  ["1:1", 1 / 2],
  ["2:1", 2 / 3],
];

/** The search of `discover` with a ranking that a model gave, as if it had come from an endpoint, at two weights of meaning to words. */
export function fusedEngines(
  model: string,
  queries: readonly LabelledQuery[],
  ranked: readonly (readonly Address[])[],
): Engine[] {
  const neighbours = new Map(queries.map(({ query }, at) => [query, neighboursOf(ranked[at] ?? [])]));
  return WEIGHTS.map(([name, weight]) => ({
    name: `sallyport + ${model} ${name}`,
    async open(corpus) {
      const index = await buildIndex(corpus);
      return {
        search(query, limit) {
          const near = neighbours.get(query);
          return index.search(query, { limit, near: near && { neighbours: near, weight } });
        },
      };
    },
  }));
}

/** Places are all that is published: every tool of a list counts as near for a reason. */
const neighboursOf = (ranked: readonly Address[]): Neighbours => ({
  tools: ranked.map(({ server, tool }, place) => ({ server: server ?? "", tool, similarity: 100 - place })),
  mean: 0,
  deviation: 1,
});
