import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";

/** What a figure has to be read with: the machine, what ran on it, and what was pinned. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly loadAtStart: number;
  readonly pinnedTo: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Pins a process, this one or another, and so every child it starts from now on, to one CPU; answers "no" where that cannot be done. */
export function pinToOneCpu(cpu: string, pid = process.pid): string {
  try {
    execFileSync("taskset", ["-a", "-c", "-p", cpu, String(pid)], { stdio: "ignore" });
    return `CPU ${cpu}`;
  } catch {
    return "no";
  }
}

export function describeMachine(pinnedTo: string): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    loadAtStart: loadavg()[0] ?? 0,
    pinnedTo,
    versions: {
      sallyport: versionIn("package.json"),
      undici: versionIn("node_modules/undici/package.json"),
      "@modelcontextprotocol/server": versionIn("node_modules/@modelcontextprotocol/server/package.json"),
    },
  };
}

function versionIn(file: string): string {
  const { version }: { version?: string } = JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"));
  return version ?? "unknown";
}
