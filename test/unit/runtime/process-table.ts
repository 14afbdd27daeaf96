import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

interface ProcessLine {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
}

/** The variable that marks everything one test starts, as it is passed on to grandchildren. */
export const MARK = "SALLYPORT_TEST_MARK";
export const newMark = (): string => randomUUID();

/** What is left of a group, as "pid state". */
export const membersOf = (group: number): string[] => describe(processes().filter((line) => line.group === group));

/** Living processes with a mark in their environment, and zombies of this process. */
export const leftoversOf = (mark: string): string[] =>
  describe(processes().filter(({ pid, state }) => state === "Z" || environmentOf(pid).includes(mark)));

/** The zombies of others do not count: orphans are init's to reap, whenever it does. */
const describe = (lines: readonly ProcessLine[]): string[] =>
  lines.filter(({ state, parent }) => state !== "Z" || parent === process.pid).map(({ pid, state }) => `${pid} ${state}`);

function processes(): ProcessLine[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return state ? [{ pid: Number(name), state, parent: Number(parent), group: Number(group) }] : [];
    });
}

const environmentOf = (pid: number): string => read(`/proc/${pid}/environ`);

/** A process may leave while the table is read. */
function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
