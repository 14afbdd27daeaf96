import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "./file-failure.ts";

/** What the kernel says about a process. */
export interface ProcessFacts {
  /** One letter: `R`, `S`, `Z`, … */
  readonly state: string;
  /** Start time in clock ticks since boot: together with the pid it names one process. */
  readonly startTime: string;
}

/** Reads `/proc/PID/stat`; undefined where there is no such process, or no /proc at all (macOS, Windows). */
export async function readProcess(pid: number, procRoot = "/proc"): Promise<ProcessFacts | undefined> {
  const line = await readFile(join(procRoot, String(pid), "stat"), "utf8").catch(() => "");
  // the command name is field 2 and may hold spaces and ")", so counting starts behind the last one, at field 3
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  return state && startTime ? { state, startTime } : undefined;
}

/** Whether a process with this id exists, whoever owns it. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM"; // there is one, it is just not ours to signal
  }
}
