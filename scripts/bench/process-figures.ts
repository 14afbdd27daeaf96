import { readdirSync, readFileSync } from "node:fs";

/** CPU time of all threads of a process in µs, or undefined where there is no Linux /proc. */
export function cpuMicros(pid: number): number | undefined {
  return fromProc(() =>
    readdirSync(`/proc/${pid}/task`)
      .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]))
      .reduce((sum, nanos) => sum + nanos / 1_000, 0),
  );
}

/** Resident memory of a process in MiB, or undefined where there is no Linux /proc. */
export function rssMib(pid: number): number | undefined {
  return fromProc(() => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024);
}

/** The most memory a process had resident so far in MiB, or undefined where there is no Linux /proc. */
export function peakRssMib(pid: number): number | undefined {
  return fromProc(() => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024);
}

function fromProc(read: () => number): number | undefined {
  try {
    return read();
  } catch {
    return undefined; // another system, or a process that has just ended
  }
}
