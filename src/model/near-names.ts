/** The names most like `wanted`, best first, none that share too little with it. */
export function nearNames(wanted: string, names: Iterable<string>, limit = 3): readonly string[] {
  const target = bigrams(wanted);
  return [...names]
    .map((name) => ({ name, score: likeness(target, bigrams(name)) }))
    .filter(({ score }) => score >= 0.3)
    .sort((a, b) => b.score - a.score || a.name.localeCompare(b.name))
    .slice(0, limit)
    .map(({ name }) => name);
}

/** Sørensen–Dice coefficient over letter pairs. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const pair of a) if (b.has(pair)) shared += 1;
  return (2 * shared) / (a.size + b.size || 1);
}

function bigrams(text: string): ReadonlySet<string> {
  const padded = `^${text.toLowerCase().replace(/[^a-z0-9]/g, "")}$`;
  return new Set(Array.from({ length: padded.length - 1 }, (_, at) => padded.slice(at, at + 2)));
}

/** `; did you mean "a" or "b"?`, or nothing if nothing is near. */
export function didYouMean(wanted: string, names: Iterable<string>): string {
  const near = nearNames(wanted, names).map((name) => `"${name}"`);
  return near.length === 0 ? "" : `; did you mean ${near.join(" or ")}?`;
}
