// @ts-check
const WORDS = Array.from({ length: 40 }, (_, at) => `word ${(at * 7_919) % 1_000}`);

/** The same work every time: strings, hashing, sorting and some garbage, as reading and searching text do it. @param {number} units */
export function work(units) {
  let sum = 0;
  for (let unit = 0; unit < units; unit += 1) {
    const counts = new Map();
    for (const word of WORDS) counts.set(word + unit, (counts.get(word) ?? 0) + 1);
    sum += [...counts.keys()].sort().length;
  }
  return sum;
}
