import type { Generation } from "./generation.ts";
import type { NearTool, Neighbours } from "./near-tools.ts";
import type { Candidate } from "./rank.ts";
import type { NearTools } from "./searchable-tool.ts";

/** What a place is worth: 1 / (K + place). Small, so that the first places of both lists count most. */
const K = 10;
/** So many deviations above what is usual a tool must lie to be found by its meaning alone; else everything would be. */
const LEAST_NEAR = 1;
/** And from so many on, it lies near for a reason: what nobody offers has its neighbours, too. */
const TELLING = 5;
/** What being near for a reason is worth as coverage: enough for medium confidence, never for high. */
const NEAR_COVERAGE = 0.5;

/**
 * One ranking out of two, by weighted reciprocal rank: places in both lists count, scores do not, since those of words and
 * those of meaning have nothing in common. `admits` is asked only about tools that no word has found.
 */
export function fuse(
  candidates: readonly Candidate[],
  { neighbours, weight }: NearTools,
  index: Generation,
  admits: (doc: number) => boolean,
): readonly Candidate[] {
  const fused = new Map<number, Candidate>();
  const byAddress = new Map<string, Candidate>();
  for (const [place, candidate] of candidates.entries()) {
    const ranked = { ...candidate, score: (1 - weight) / (K + place + 1) };
    fused.set(candidate.doc, ranked);
    byAddress.set(addressOf(candidate), ranked);
  }
  const above = neighbours.tools.map(({ similarity }) => deviationsAbove(similarity, neighbours));
  const isStranger = (near: NearTool, place: number) => (above[place] ?? 0) >= LEAST_NEAR && !byAddress.has(addressOf(near));
  const strangers = strangersOf(neighbours.tools.filter(isStranger), index);
  for (const [place, near] of neighbours.tools.entries()) {
    const known = byAddress.get(addressOf(near));
    const found = known ?? strangers.get(addressOf(near));
    if (!found || (!known && !admits(found.doc))) continue;
    const score = found.score + weight / (K + place + 1);
    const coverage = Math.max(found.coverage, (above[place] ?? 0) >= TELLING ? NEAR_COVERAGE : 0);
    fused.set(found.doc, { ...found, score, coverage, near: place + 1 });
  }
  return [...fused.values()].sort((a, b) => b.score - a.score); // stable: equal ones as they came, words first
}

const addressOf = ({ server, tool }: { readonly server: string; readonly tool: string }): string => `${server}\0${tool}`;

/** Tools that have none of the words, as candidates by address; each server is looked through once. */
function strangersOf(tools: readonly NearTool[], index: Generation): ReadonlyMap<string, Candidate> {
  const wanted = new Map<string, Set<string>>();
  for (const { server, tool } of tools) wanted.set(server, (wanted.get(server) ?? new Set()).add(tool));
  const found = new Map<string, Candidate>();
  for (const [server, names] of wanted) {
    const { first, end } = index.servers.get(server) ?? { first: 0, end: 0 };
    for (let doc = first; doc < end; doc += 1) {
      const tool = index.documents.tool(doc);
      if (names.delete(tool)) found.set(addressOf({ server, tool }), { doc, server, tool, score: 0, coverage: 0 });
    }
  }
  return found;
}

const deviationsAbove = (similarity: number, { mean, deviation }: Neighbours): number =>
  deviation > 0 ? (similarity - mean) / deviation : 0;
