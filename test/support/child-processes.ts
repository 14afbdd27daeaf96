import { readFileSync } from "node:fs";

/** The process ids of a process's children, from /proc (Linux). */
export function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

/** Whether a process is there at all, if only as a zombie. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process runs, or would if it were not stopped; a zombie does not, and once its parent is dead only init can reap it. */
export function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(")") + 1)); // the name before it may hold anything
  } catch {
    return false;
  }
}
