/** The value below which the given share (0 to 1) of a sorted list lies; NaN for an empty list. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

export const median = (values: readonly number[]): number => quantile(sorted(values), 0.5);

/** The median of the best fifth of the rounds, which leaves out what other programs on the machine did. */
export function bestFifth(values: readonly number[]): number {
  return median(sorted(values).slice(0, Math.max(1, Math.floor(values.length / 5))));
}

/** Half the distance between the quartiles, as a share of the median: how far rounds lie apart. */
export function spread(values: readonly number[]): number {
  const list = sorted(values);
  return (quantile(list, 0.75) - quantile(list, 0.25)) / 2 / median(list);
}

/** The same items in random order, so that no variant always runs after the same neighbour. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
