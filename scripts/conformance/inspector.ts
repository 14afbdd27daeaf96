import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Launch } from "../../test/support/gateway-home.ts";
import { SERVER } from "./facade.ts";
import type { Check, Outcome } from "./run-scenario.ts";
import type { Scenario } from "./scenarios.ts";
import type { Suite } from "./suite.ts";

const TIMEOUT_MS = 60_000;
const ERAS = { "2025-11-25": "legacy", "2026-07-28": "modern" } as const;
const SIMPLE = ["--tool-name", "invoke", "--tool-arg", `tool=${SERVER}/test_simple_text`];
const LOAD = ["--load", "--load-concurrency", "16", "--load-requests", "400"];

/** What a person does with the Inspector, and what has to come of it. */
interface Errand {
  readonly args: readonly string[];
  readonly code: number;
  /** Says what is wrong with the output, if anything is. */
  readonly fault: (output: string) => string | undefined;
}

const ERRANDS: Readonly<Record<string, Errand>> = {
  "tools-list-strict": { args: ["--method", "tools/list", "--strict"], code: 0, fault: lacks('"invoke"') },
  "tools-call": { args: ["--method", "tools/call", ...SIMPLE], code: 0, fault: lacks("simple text") },
  "tools-call-error": {
    args: ["--method", "tools/call", "--tool-name", "invoke", "--tool-arg", "tool=nobody/nothing"],
    code: 5, // the Inspector's code for a tool that answers with an error
    fault: lacks("nobody"),
  },
  "tools-call-load": { args: ["--method", "tools/call", ...SIMPLE, ...LOAD], code: 0, fault: faultOfLoad },
};

/** Sends the MCP Inspector's command line to the gateway, as a host of one era. */
export async function runInspector(suite: Suite, scenario: Scenario, gateway: Launch): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-inspector-"));
  try {
    const config = join(dir, "hosts.json");
    const { command, args, env } = gateway;
    await writeFile(config, JSON.stringify({ mcpServers: { sallyport: { command, args, env } } }));
    const errand = ERRANDS[scenario.name];
    if (!errand) throw new Error(`No errand for the Inspector is called ${scenario.name}`);
    const target = ["--cli", "--config", config, "--server", "sallyport", "--protocol-era", ERAS[scenario.revision]];
    const { code, output, log } = await inspect(suite, [...target, ...errand.args], dir);
    const detail =
      code === errand.code ? errand.fault(output) : `exit code ${code}, expected ${errand.code}: ${(log || output).slice(-300)}`;
    const check: Check = { id: `inspector-${scenario.name}`, passed: detail === undefined, detail };
    return { scenario, checks: [check], output: `${output}${log}` };
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

function inspect({ node, inspector }: Suite, args: readonly string[], home: string) {
  const env = { ...process.env, HOME: home, MCP_INSPECTOR_SECRET_STORE: "memory" };
  return new Promise<{ code: unknown; output: string; log: string }>((resolve) => {
    execFile(node, [inspector, ...args], { env, timeout: TIMEOUT_MS }, (error, output, log) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, output, log });
    });
  });
}

function lacks(text: string): Errand["fault"] {
  return (output) => (output.includes(text) ? undefined : `expected ${text} in ${output.slice(0, 300)}`);
}

function faultOfLoad(output: string): string | undefined {
  const { requests, ok } = JSON.parse(output) as { requests: number; ok: number };
  return ok === requests && ok > 0 ? undefined : `${ok} of ${requests} calls were answered`;
}
