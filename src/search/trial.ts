/** Fewer examples than this decide nothing. */
export const LEAST_EXAMPLES = 10;

/** An example of a need, and the tool that answers it. */
export interface Example {
  readonly need: string;
  readonly server: string;
  readonly tool: string;
}

/** How well a way to rank finds what examples want, each figure 0 to 1. */
export interface TrialScore {
  readonly recallAt5: number;
  /** Mean of 1 / place, 0 beyond the last place looked at. */
  readonly mrr: number;
}

/** A hit as far as a trial looks at it. */
interface Found {
  readonly server: string;
  readonly tool: string;
  readonly alsoOn: readonly string[];
}

/** The score of ranked lists, one an example and in its order. A tool that stands for its twins on other servers counts as each of them. */
export function scoreTrial(examples: readonly Example[], ranked: readonly (readonly Found[])[]): TrialScore {
  const places = examples.map(({ server, tool }, at) => {
    const isMeant = (hit: Found) => hit.tool === tool && (hit.server === server || hit.alsoOn.includes(server));
    return 1 + (ranked[at] ?? []).findIndex(isMeant);
  });
  const mean = (worth: (place: number) => number) =>
    places.reduce((sum, place) => sum + (place === 0 ? 0 : worth(place)), 0) / Math.max(1, places.length);
  return { recallAt5: mean((place) => (place <= 5 ? 1 : 0)), mrr: mean((place) => 1 / place) };
}

/** Whether one way is better than another: in one figure, and in none worse. */
export const isBetter = (one: TrialScore, other: TrialScore): boolean =>
  one.recallAt5 >= other.recallAt5 && one.mrr >= other.mrr && (one.recallAt5 > other.recallAt5 || one.mrr > other.mrr);
