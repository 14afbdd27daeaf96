import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { GatewayHome } from "./gateway-home.ts";

/** What a finished command has left. */
export interface CommandEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs one command of the built command line in a home, to its end; with a key in `env` set on top of the home's. */
export async function runCommand(
  home: GatewayHome,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandEnd> {
  const child = spawn(home.command, [...home.args, ...args], { env: { ...home.env, ...env }, cwd: home.dir });
  child.stdin.end();
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, out, err };
}
