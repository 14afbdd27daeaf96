import { ChoiceMemory } from "../../../src/search/choice-memory.ts";
import { buildIndex, type Engine } from "./engine.ts";
import type { Address } from "./labelled-set.ts";

/**
 * The search of `discover` with the memory of choices, whose user takes the second hit of every need: whatever was used before, a need
 * asked for the first time must be answered as if nothing had been.
 */
export const afterUse: Engine = {
  name: "sallyport after use",
  async open(corpus) {
    const index = await buildIndex(corpus);
    const memory = new ChoiceMemory();
    const answered = new Map<string, readonly Address[]>();
    return {
      search(query, limit) {
        const hits = index.search(query, { limit, lift: memory.liftFor(query) });
        const known = answered.get(query);
        if (known) return known; // a round later it is no first time
        answered.set(query, hits);
        const [, second] = hits;
        if (second) memory.note(query, second.server, second.tool);
        return hits;
      },
    };
  },
};
