import type { Group } from "./groups.ts";

/** How one mutant ended, as far as the score goes. */
export interface Mutant {
  readonly status: string;
}

export interface Score {
  readonly name: string;
  readonly killed: number;
  readonly survived: number;
  /** In %; 0 for none. */
  readonly floor: number;
}

const KILLED = ["Killed", "Timeout"];
const SURVIVED = ["Survived", "NoCoverage"]; // the rest could not be run, or was left out on purpose

export function scoreOf({ name, floor }: Group, mutants: readonly Mutant[]): Score {
  const count = (ends: readonly string[]) => mutants.filter(({ status }) => ends.includes(status)).length;
  return { name, floor, killed: count(KILLED), survived: count(SURVIVED) };
}

/** Several scores as one, each mutant of the same weight. */
export function sum(name: string, floor: number, scores: readonly Score[]): Score {
  const of = (key: "killed" | "survived") => scores.reduce((total, score) => total + score[key], 0);
  return { name, floor, killed: of("killed"), survived: of("survived") };
}

const percent = ({ killed, survived }: Score): number => (100 * killed) / (killed + survived);

/** No mutants at all is a wrong pattern, not a perfect score. */
export const meets = (score: Score): boolean => percent(score) >= score.floor;

/** The score as one line of the table. */
export function row(score: Score): string {
  const { name, killed, survived, floor } = score;
  const cells = [killed + survived, killed, survived, percent(score).toFixed(1), floor === 0 ? "-" : floor];
  return [name.padEnd(13), ...cells.map((cell) => String(cell).padStart(8)), meets(score) ? "" : "  TOO LOW"].join(" ").trimEnd();
}
