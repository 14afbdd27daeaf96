import type { Generation } from "./generation.ts";

interface Placed {
  readonly doc: number;
  readonly server: string;
  readonly score: number;
}

/**
 * Puts a tool whose name spells the address of a tool on another server (`git/list_issues` on a server that is not git) behind the
 * one it names, however well the spelt-out name fits. Candidates come and go best first.
 */
export function demoteImposters<T extends Placed>(candidates: readonly T[], index: Generation): readonly T[] {
  const places = placesByAddress(candidates, index);
  if (places.size === 0) return candidates;
  const behind = new Map<number, T[]>();
  const moved = new Set<T>();
  for (const [place, candidate] of candidates.entries()) {
    const named = places.get(index.documents.name(candidate.doc)) ?? place;
    const owner = candidates[named];
    if (named <= place || !owner || owner.server === candidate.server) continue;
    moved.add(candidate);
    behind.set(named, [...(behind.get(named) ?? []), { ...candidate, score: owner.score }]);
  }
  if (moved.size === 0) return candidates;
  return candidates.flatMap((candidate, place) => [...(moved.has(candidate) ? [] : [candidate]), ...(behind.get(place) ?? [])]);
}

/** Where candidates stand whose address is the name of some tool, by that name. */
function placesByAddress(candidates: readonly Placed[], index: Generation): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  for (let place = 0; place < candidates.length; place += 1) {
    const address = index.addressTerm(candidates[place]?.doc ?? 0);
    if (address !== undefined) places.set(address, place);
  }
  return places;
}
