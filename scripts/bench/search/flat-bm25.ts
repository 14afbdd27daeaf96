import type { Engine } from "./engine.ts";
import type { CorpusTool } from "./labelled-set.ts";

const SATURATION = 1.5;
const LENGTH_EFFECT = 0.75;

/** Plain BM25 over one text per tool (name, description, arguments), without stems or stop words: the usual tool search. */
export const flatBm25: Engine = {
  name: "flat BM25",
  async open(corpus) {
    const texts = corpus.map((tool) => words(textOf(tool)));
    const usual = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
    const postings = new Map<string, Map<number, number>>();
    for (const [doc, text] of texts.entries()) {
      for (const word of text) {
        const list = postings.get(word) ?? new Map<number, number>();
        list.set(doc, (list.get(doc) ?? 0) + 1);
        postings.set(word, list);
      }
    }
    return {
      search(query, limit) {
        const scores = new Map<number, number>();
        for (const word of new Set(words(query))) {
          const list = postings.get(word) ?? new Map<number, number>();
          const rarity = Math.log(1 + (texts.length - list.size + 0.5) / (list.size + 0.5));
          for (const [doc, count] of list) {
            const length = 1 - LENGTH_EFFECT + (LENGTH_EFFECT * (texts[doc]?.length ?? 0)) / usual;
            scores.set(doc, (scores.get(doc) ?? 0) + (rarity * count * (SATURATION + 1)) / (count + SATURATION * length));
          }
        }
        const best = [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, limit);
        return best.flatMap(([doc]) => corpus[doc] ?? []);
      },
    };
  },
};

const words = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const textOf = ({ tool, description = "", inputSchema }: CorpusTool): string => {
  const properties = inputSchema?.["properties"];
  return `${tool} ${description} ${typeof properties === "object" && properties !== null ? JSON.stringify(properties) : ""}`;
};
