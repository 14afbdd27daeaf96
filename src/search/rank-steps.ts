import type { Generation } from "./generation.ts";
import { type Candidate, type Ranking, type RankRequest, rank } from "./rank.ts";
import { splitNeeds } from "./split-needs.ts";
import type { Tally } from "./tally.ts";

/** What a place is worth: 1 / (K + place). Small, so that the first of every step comes forward. */
const K = 3;
/** A longer text is ranked as a whole alone, and of others the first steps count: all together they would hold up everything else. */
const LONGEST_TASK = 1_000;
const MOST_STEPS = 4;
/** Beyond these a step brings nothing forward. */
const STEP_CANDIDATES = 30;
/** What a place for the whole text counts, against one for a step of it. */
const WHOLE = 3;

/**
 * Ranks the tools for a query as `rank` does; where it asks for several steps in not too many words, it ranks them for the first four of
 * these, too, and makes one ranking out of all by weighted reciprocal rank (Cormack, Clarke, Buettcher 2009).
 */
export function rankSteps(request: RankRequest, index: Generation, tally: Tally): Ranking {
  const whole = rank(request, index, tally);
  const steps = request.text.length > LONGEST_TASK ? [] : splitNeeds(request.text);
  if (steps.length < 2) return whole;
  const fused = new Map<number, Candidate>();
  add(whole.candidates, WHOLE, fused);
  for (const text of steps.slice(0, MOST_STEPS))
    add(rank({ ...request, text }, index, tally, STEP_CANDIDATES).candidates, 1, fused);
  const candidates = [...fused.values()].sort((a, b) => b.score - a.score); // stable: equal ones as they came, the whole first
  return { candidates, concepts: whole.concepts };
}

function add(candidates: readonly Candidate[], weight: number, fused: Map<number, Candidate>): void {
  for (const [place, candidate] of candidates.entries()) {
    const known = fused.get(candidate.doc);
    const score = (known?.score ?? 0) + weight / (K + place);
    const coverage = Math.max(known?.coverage ?? 0, candidate.coverage);
    fused.set(candidate.doc, { ...candidate, score, coverage });
  }
}
