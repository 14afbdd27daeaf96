import { median } from "./statistics.ts";

/** Moments of one start in ms of the wall clock, as the measuring side and the timed backend saw them. */
export interface StartMarks {
  readonly asked: number;
  /** The backend's process began. */
  readonly begun: number;
  readonly listening: number;
  /** It gave its first MCP answer. */
  readonly answered: number;
  /** Whoever asked has the answer. */
  readonly done: number;
}

/** One way to start something, and all its rounds. */
export interface Start {
  readonly name: string;
  /** The name of the start that cannot be undercut. */
  readonly floor: string | undefined;
  readonly run: () => Promise<StartMarks>;
  readonly rounds: StartMarks[];
}

export const wallMs = (): number => performance.timeOrigin + performance.now();

/** Medians of the stretches of a start: to the process, its own boot, to its first answer, and to the end. */
export const stretches = (rounds: readonly StartMarks[]) => ({
  engine: median(rounds.map(({ asked, begun }) => begun - asked)),
  boot: median(rounds.map(({ begun, listening }) => listening - begun)),
  ready: median(rounds.map(({ listening, answered }) => answered - listening)),
  call: median(rounds.map(({ answered, done }) => done - answered)),
});

export const totals = (rounds: readonly StartMarks[]): number[] => rounds.map(({ asked, done }) => done - asked);

/** Reads what the timed backend says of itself out of an answer, however often it was quoted on the way. */
export function marksIn(answer: string): Pick<StartMarks, "begun" | "listening" | "answered"> {
  const read = (name: string) => Number(new RegExp(`${name}[\\\\"]*:([\\d.]+)`).exec(answer)?.[1]);
  return { begun: read("begun"), listening: read("listening"), answered: read("answered") };
}
