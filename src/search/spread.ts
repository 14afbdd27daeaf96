import type { Representative } from "./collapse.ts";

/** Hits of one server that cost nothing; every further one must be better than others by this factor more. */
const FREE_HITS = 3;
const DECAY = 0.9;

/**
 * Picks hits one by one so that no server fills the page while others have comparable ones: the fourth hit of a server counts
 * 0.9 of its score, the fifth 0.81, and so on. `candidates` come best first.
 */
export function spreadServers(candidates: readonly Representative[], limit: number): readonly Representative[] {
  const waiting = [...candidates];
  const taken = new Map<string, number>();
  const picked: Representative[] = [];
  while (waiting.length > 0 && picked.length < limit) {
    const [next] = waiting.splice(bestPlace(waiting, taken), 1);
    if (!next) break;
    const { server } = next.candidate;
    taken.set(server, (taken.get(server) ?? 0) + 1);
    picked.push(next);
  }
  return picked;
}

function bestPlace(waiting: readonly Representative[], taken: ReadonlyMap<string, number>): number {
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < waiting.length; at += 1) {
    const { server, score } = (waiting[at] as Representative).candidate;
    if (score <= bestScore) break; // all that follow score less even without a decay
    const costly = (taken.get(server) ?? 0) - FREE_HITS + 1;
    const decayed = costly > 0 ? score * DECAY ** costly : score;
    if (decayed <= bestScore) continue;
    best = at;
    bestScore = decayed;
  }
  return best;
}
