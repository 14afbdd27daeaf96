import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scenario } from "./scenarios.ts";
import type { Suite } from "./suite.ts";

const SCENARIO_TIMEOUT_MS = 20_000;
const TOLD_CHARS = 4_000;
/** Stands for the run as a whole, when the suite failed without naming a check. */
export const WHOLE_RUN = "the run itself";

/** One check of a scenario, all its occurrences taken together. */
export interface Check {
  readonly id: string;
  readonly passed: boolean;
  /** What the suite had against it; for a pass that came with a warning, the warning. */
  readonly detail: string | undefined;
}

/** What became of a scenario, and everything the suite printed about it. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly checks: readonly Check[];
  readonly output: string;
}

interface WrittenCheck {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "INFO" | "SKIPPED";
  readonly errorMessage?: string;
}

/** Runs one scenario; `target` says what is tested: `["--url", …]` for a server, `["--command", …]` for a client. */
export async function runScenario(suite: Suite, scenario: Scenario, target: readonly string[]): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-conformance-"));
  try {
    const command = scenario.half === "client" ? "client" : "server";
    const which = ["--scenario", scenario.name, "--spec-version", scenario.revision];
    const limits = ["--timeout", String(SCENARIO_TIMEOUT_MS), "-o", dir];
    const { code, output } = await runToEnd(suite.node, [suite.entry, command, ...target, ...which, ...limits]);
    const checks = mergeChecks(await readChecks(dir));
    const isExplained = checks.length > 0 && (code === 0 || checks.some(({ detail }) => detail !== undefined));
    return { scenario, checks: isExplained ? checks : [...checks, failedRun(code, output)], output };
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

const failedRun = (code: number | null, output: string): Check => ({
  id: WHOLE_RUN,
  passed: false,
  detail: `the suite ended with code ${code}: ${output.trim().split("\n").slice(-3).join(" / ")}`,
});

async function runToEnd(command: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 2 * SCENARIO_TIMEOUT_MS });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = `${output}${text}`.slice(-TOLD_CHARS);
    });
  await once(child, "close");
  return { code: child.exitCode, output };
}

/** The suite writes each run into a folder of its own. */
async function readChecks(dir: string): Promise<readonly WrittenCheck[]> {
  const [run] = await readdir(dir);
  if (run === undefined) return [];
  try {
    return JSON.parse(await readFile(join(dir, run, "checks.json"), "utf8"));
  } catch {
    return []; // reported as a failure of the whole run
  }
}

function mergeChecks(written: readonly WrittenCheck[]): readonly Check[] {
  const merged = new Map<string, Check>();
  for (const { id, status, errorMessage } of written) {
    if (status === "INFO" || status === "SKIPPED") continue;
    const before = merged.get(id);
    const detail = status === "SUCCESS" ? undefined : (errorMessage ?? status);
    merged.set(id, {
      id,
      passed: (before?.passed ?? true) && status !== "FAILURE",
      detail: before?.passed === false ? before.detail : (detail ?? before?.detail),
    });
  }
  return [...merged.values()];
}
