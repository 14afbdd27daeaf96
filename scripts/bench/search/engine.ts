import { setImmediate as nextTurn } from "node:timers/promises";
import { ToolIndex } from "../../../src/search/tool-index.ts";
import { type Address, type CorpusTool, searchableTool } from "./labelled-set.ts";

/** A search engine under comparison. */
export interface Engine {
  readonly name: string;
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
    const index = new ToolIndex();
    const servers = new Map<string, CorpusTool[]>();
    for (const line of corpus) {
      const known = servers.get(line.server);
      if (known) known.push(line);
      else servers.set(line.server, [line]);
    }
    for (const [server, lines] of servers) index.replace(server ?? "", lines.map(searchableTool));
    await index.settled();
    await nextTurn();
    return { search: (query, limit) => index.search(query, { limit }) };
  },
};
