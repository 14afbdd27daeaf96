import type { Signal } from "../../model/signal.ts";
import type { NearTools } from "../../search/searchable-tool.ts";
import type { ToolIndex } from "../../search/tool-index.ts";
import type { NearRequest } from "../../search/vector-table.ts";
import type { Meaning } from "./meaning.ts";

/** The tools that mean something like each need, where there are any. */
export type NearNeeds = ReadonlyMap<string, NearTools>;

export const NOTHING_NEAR: NearNeeds = new Map();

/** Asks for all needs at once. An address asks for one tool and means nothing else. */
export async function nearNeeds(
  meaning: Meaning,
  needs: readonly string[],
  index: ToolIndex,
  { server, filter }: Pick<NearRequest, "server" | "filter">,
  signal: Signal,
): Promise<NearNeeds> {
  if (!meaning.isWanted) return NOTHING_NEAR;
  const questions = needs.flatMap((need) => {
    const scope = index.scope(need);
    return scope.isExact || scope.text === "" ? [] : [{ need, text: scope.text, server: server ?? scope.server, filter }];
  });
  const near = await meaning.near(questions, signal);
  return new Map(near.flatMap((tools, at) => (questions[at] ? [[questions[at].need, tools] as const] : [])));
}
