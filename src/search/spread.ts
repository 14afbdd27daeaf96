/** Hits of one server that cost nothing; every further one must be better than others by this factor more. */
const FREE_HITS = 3;
const DECAY = 0.9;

interface Placed {
  readonly server: string;
  readonly score: number;
}

/**
 * Picks hits one by one so that no server fills the page while others have comparable ones: the fourth hit of a server counts
 * 0.9 of its score, the fifth 0.81, and so on. `candidates` come best first.
 */
export function spreadServers<T extends Placed>(candidates: readonly T[], limit: number): readonly T[] {
  const waiting = [...candidates];
  const taken = new Map<string, number>();
  const picked: T[] = [];
  while (waiting.length > 0 && picked.length < limit) {
    const [next] = waiting.splice(bestPlace(waiting, taken), 1);
    if (!next) break;
    taken.set(next.server, (taken.get(next.server) ?? 0) + 1);
    picked.push(next);
  }
  return picked;
}

function bestPlace(waiting: readonly Placed[], taken: ReadonlyMap<string, number>): number {
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const [at, { server, score }] of waiting.entries()) {
    if (score <= bestScore) break; // all that follow score less even without a decay
    const decayed = score * DECAY ** Math.max(0, (taken.get(server) ?? 0) - FREE_HITS + 1);
    if (decayed <= bestScore) continue;
    best = at;
    bestScore = decayed;
  }
  return best;
}
