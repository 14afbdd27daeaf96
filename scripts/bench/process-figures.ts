import { readdirSync, readFileSync } from "node:fs";

/** CPU time of all threads of a process in µs, or undefined where there is no Linux /proc. */
export function cpuMicros(pid: number): number | undefined {
  return fromProc(() =>
    readdirSync(`/proc/${pid}/task`)
      .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]))
      .reduce((sum, nanos) => sum + nanos / 1_000, 0),
  );
}

/** How long the main thread of a process was ready to run, so far, while others had the CPU, in ms; NaN without Linux /proc. */
export const waitedMs = (pid: number): number =>
  fromProc(() => Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e6) ?? Number.NaN;

/** The time in ms, the same in every process of the machine. */
export const machineMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

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
