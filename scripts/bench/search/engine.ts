import { runInSlices } from "../../../src/search/slices.ts";
import { ToolIndex } from "../../../src/search/tool-index.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { type Address, type CorpusTool, searchableTool, sortByServer } from "./labelled-set.ts";

/** A search engine under comparison. */
export interface Engine {
  readonly name: string;
  /** The package it needs, as npm takes it. */
  readonly needs?: string;
  /** Above this many tools it is too slow to be worth waiting for. */
  readonly mostTools?: number;
  /** Keeps its index where the JavaScript heap does not show it. */
  readonly isNative?: boolean;
  /** Indexes a corpus; undefined where the engine's package is not installed. */
  open(corpus: readonly CorpusTool[]): Promise<OpenEngine | undefined>;
}

export interface OpenEngine {
  /** The best tools for a query, best first. */
  search(query: string, limit: number): readonly Address[] | Promise<readonly Address[]>;
}

/** The very code that `discover` runs. */
export const sallyport: Engine = {
  name: "sallyport",
  async open(corpus) {
    const index = await buildIndex(corpus);
    return { search: (query, limit) => index.search(query, { limit }) };
  },
};

/** Our index with a corpus in it, brought in the way the gateway brings it: server by server, whose tools are looked at in their turn. */
export async function buildIndex(corpus: readonly CorpusTool[]): Promise<ToolIndex> {
  const servers = await runInSlices(sortByServer(corpus), systemClock);
  const index = new ToolIndex();
  for (const [server, lines] of servers) index.replace(server, () => lines.map(searchableTool));
  await index.settled();
  return index;
}
