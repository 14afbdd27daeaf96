import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, test } from "vitest";

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
      beforeAll(() => run(SCRIPT), 120_000);
      body();
    });
  if (!process.env["CI"]) return void describe.skip(`${name} (skipped: podman is not installed)`, body);
  test(name, () => {
    throw new Error("podman is not installed: CI must run the container suites");
  });
}

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
