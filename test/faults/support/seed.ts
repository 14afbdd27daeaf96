/** The seed of this run, `FAULT_SEED` or 1: the same seed gives every case the same moments, places and victims. */
export const SEED = Number(process.env["FAULT_SEED"] ?? 1);

/** Random numbers that can be had again. */
export interface Chance {
  /** A whole number from `from` up to and including `to`. */
  between(from: number, to: number): number;
  pick<T>(...choices: readonly [T, ...T[]]): T;
}

/** The numbers of one case: other cases neither take from them nor change them (mulberry32 over an FNV-1a hash of the name). */
export function chanceOf(name: string): Chance {
  let state = 0x811c9dc5 ^ SEED;
  for (const character of name) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return { between, pick: (...choices) => choices[between(0, choices.length - 1)] ?? choices[0] };
}
