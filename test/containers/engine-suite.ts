import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, test } from "vitest";
import { EngineConnector } from "../../src/runtime/engine-connector.ts";
import { systemClock } from "../../src/time/clock.ts";

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL("../../scripts/make-test-images.sh", import.meta.url));

const hasPodman = (() => {
  try {
    execFileSync("podman", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** A suite on real podman with the test images built; without podman it is skipped by name, and fails in CI. */
export function describeWithPodman(name: string, body: () => void): void {
  if (hasPodman)
    return void describe(name, () => {
      beforeAll(async () => {
        await run(SCRIPT);
        await openEngine();
      }, 120_000);
      afterAll(closeEngine);
      body();
    });
  if (!process.env["CI"]) return void describe.skip(`${name} (skipped: podman is not installed)`, body);
  test(name, () => {
    throw new Error("podman is not installed: CI must run the container suites");
  });
}

let engines: EngineConnector | undefined;
let engineDir = "";
let address = "";

async function openEngine(): Promise<void> {
  engineDir = await mkdtemp(join(tmpdir(), "sp-engine-"));
  engines = new EngineConnector({ clock: systemClock, runtimeDir: engineDir, preferred: "podman" });
  address = `unix://${(await engines.engine()).facts.socketPath}`;
}

async function closeEngine(): Promise<void> {
  await engines?.[Symbol.asyncDispose]();
  await rm(engineDir, { recursive: true, force: true });
}

/** Address of the podman that the tests of this file share. */
export const engineAddress = (): string => address;

/** The fixture images of scripts/make-test-images.sh. */
export const image = (name: "http" | "stdio" | "crash" | "health"): string => `localhost/sallyport-test/${name}:1`;

/** Asks podman's own command line, as a witness independent of the code under test. */
export async function podman(...args: string[]): Promise<string> {
  const { stdout } = await run("podman", args, { maxBuffer: 64 * 2 ** 20 });
  return stdout.trim();
}

/** Whether podman knows a container of this name or id, in whatever state. */
export const exists = (container: string): Promise<boolean> =>
  podman("container", "exists", container).then(
    () => true,
    () => false,
  );

/** The process of the podman service on this socket, found by its command line. */
export async function servicePid(socketPath: string): Promise<number> {
  for (const pid of await readdir("/proc")) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes("service") && command.includes(`unix://${socketPath}`)) return Number(pid);
  }
  throw new Error(`No podman service on ${socketPath}`);
}
