import { type Address, addressesOf, keyOf, type LabelledQuery } from "./labelled-set.ts";

/** How well ranked lists meet what was wanted; every figure is a mean over queries, 0 to 1. */
export interface Scores {
  readonly recallAt1: number;
  readonly recallAt5: number;
  readonly recallAt10: number;
  readonly hitAt5: number;
  readonly ndcgAt10: number;
  readonly serverRecallAt5: number;
}

/** Scores the ranked lists of a set, one per query and in its order. A ranked tool meets at most one need. */
export function scoreSet(queries: readonly LabelledQuery[], runs: readonly (readonly Address[])[]): Scores {
  return meanScores(queries.map((query, at) => scoreQuery(query, runs[at] ?? [])));
}

/** The plain mean of several scores. */
export function meanScores(scores: readonly Scores[]): Scores {
  const mean = (figure: keyof Scores) => scores.reduce((sum, score) => sum + score[figure], 0) / scores.length;
  return {
    recallAt1: mean("recallAt1"),
    recallAt5: mean("recallAt5"),
    recallAt10: mean("recallAt10"),
    hitAt5: mean("hitAt5"),
    ndcgAt10: mean("ndcgAt10"),
    serverRecallAt5: mean("serverRecallAt5"),
  };
}

function scoreQuery({ relevant }: LabelledQuery, ranked: readonly Address[]): Scores {
  const places = placesOf(
    relevant.map((need) => new Set(addressesOf(need).map(keyOf))),
    ranked.map(keyOf),
    1,
  );
  const servers = placesOf(
    relevant.map((need) => new Set(addressesOf(need).map(({ server }) => server))),
    ranked.map(({ server }) => server),
    relevant.length,
  );
  const within = (k: number, where: readonly number[]) => where.filter((place) => place <= k).length;
  const gain = places.filter((place) => place <= 10).reduce((sum, place) => sum + discount(place), 0);
  const ideal = relevant.slice(0, 10).reduce((sum, _, at) => sum + discount(at + 1), 0);
  return {
    recallAt1: within(1, places) / relevant.length,
    recallAt5: within(5, places) / relevant.length,
    recallAt10: within(10, places) / relevant.length,
    hitAt5: within(5, places) > 0 ? 1 : 0,
    ndcgAt10: gain / ideal,
    serverRecallAt5: within(5, servers) / relevant.length,
  };
}

const discount = (place: number): number => 1 / Math.log2(place + 1);

/** The place, from 1, at which each wanted set is met; infinite if never. One place meets at most `most` of them. */
function placesOf(wanted: readonly ReadonlySet<string>[], ranked: readonly string[], most: number): readonly number[] {
  const places = wanted.map(() => Number.POSITIVE_INFINITY);
  for (const [at, key] of ranked.entries()) {
    let met = 0;
    for (const [need, keys] of wanted.entries()) {
      if (met >= most || places[need] !== Number.POSITIVE_INFINITY || !keys.has(key)) continue;
      places[need] = at + 1;
      met += 1;
    }
  }
  return places;
}
