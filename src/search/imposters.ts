import { foldName } from "./tokenize.ts";

interface Placed {
  readonly server: string;
  readonly tool: string;
  readonly score: number;
}

/**
 * Puts a tool whose name spells the address of a tool on another server (`git/list_issues` on a server that is not git) behind the
 * one it names, however well the spelt-out name fits. Candidates come and go best first.
 */
export function demoteImposters<T extends Placed>(candidates: readonly T[]): readonly T[] {
  const places = new Map(candidates.map(({ server, tool }, place) => [foldName(`${server}${tool}`), place]));
  const behind = new Map<number, T[]>();
  const moved = new Set<T>();
  for (const [place, candidate] of candidates.entries()) {
    const named = places.get(foldName(candidate.tool)) ?? place;
    const owner = candidates[named];
    if (named <= place || !owner || owner.server === candidate.server) continue;
    moved.add(candidate);
    behind.set(named, [...(behind.get(named) ?? []), { ...candidate, score: owner.score }]);
  }
  if (moved.size === 0) return candidates;
  return candidates.flatMap((candidate, place) => [...(moved.has(candidate) ? [] : [candidate]), ...(behind.get(place) ?? [])]);
}
