import { readFileSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Bench } from "./bench.ts";
import type { Ledger } from "./calls.ts";

const PROGRAM = fileURLToPath(new URL("../../fixtures/backends/ledger-stdio.mjs", import.meta.url));

/** The entry of a child that keeps a ledger, and the hands that make it ill. */
export interface LedgerChild extends AsyncDisposable {
  readonly entry: JsonObject;
  readonly ledger: Ledger;
  /** What it does to calls from now on; see the fixture. */
  behave(mode: string): Promise<void>;
}

export async function makeLedgerChild(env: Readonly<Record<string, string>> = {}): Promise<LedgerChild> {
  const dir = await mkdtemp(join(tmpdir(), "sp-fault-"));
  const [ledger, mode] = [join(dir, "ledger"), join(dir, "mode")];
  await writeFile(ledger, "");
  await writeFile(mode, "answer");
  return {
    entry: { command: process.execPath, args: [PROGRAM], env: { LEDGER: ledger, MODE: mode, ...env }, startTimeoutMs: 600_000 },
    get ledger() {
      return readFileSync(ledger, "utf8").split("\n").filter(Boolean);
    },
    behave: async (wanted) => {
      await writeFile(`${mode}.new`, wanted);
      await rename(`${mode}.new`, mode); // the child may read it at any moment, and an empty one would mean: answer
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** The process behind a running server. */
export async function pidOf({ gateway }: Bench, server = "patient"): Promise<number> {
  return Number((await gateway.serverStatus(server)).facts?.["pid"]);
}

/** Waits until the child has taken so many calls. */
export const untilTaken = (child: LedgerChild, count: number): Promise<boolean> =>
  vi.waitUntil(() => child.ledger.length >= count, { interval: 2, timeout: 10_000 });
