import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Backstage } from "./backstage.ts";
import { ROLES } from "./cast.ts";
import type { Journal } from "./journal.ts";

/** How often a call may run: `read` is vouched for and may be sent once more. */
const MOST_RUNS = { append: 1, slow: 1, read: 2 };

/** Lays what the backends have run beside what the host was told, and notes every contradiction. */
export async function joinLedgers(backstage: Backstage, journal: Journal): Promise<number> {
  let rows = 0;
  for (const { name } of ROLES) rows += await readLedger(backstage.ledgerOf(name), name, journal);
  for (let nonce = 0; nonce < journal.opened; nonce += 1) judge(nonce, journal);
  return rows;
}

async function readLedger(file: string, backend: string, journal: Journal): Promise<number> {
  if (!existsSync(file)) return 0;
  let rows = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [text = "", tool] = line.split(" ");
    if (!/^\d+$/.test(text)) continue; // a call that asks whether the backend is well
    rows += 1;
    const nonce = Number(text);
    journal.executions[nonce] = (journal.executions[nonce] ?? 0) + 1;
    const meant = journal.backendOf(nonce) === backend && journal.toolOf(nonce) === tool;
    if (!meant) journal.break("ran where it was not sent", nonce, line);
  }
  return rows;
}

function judge(request: number, journal: Journal): void {
  const nonce = journal.nonceOf(request);
  const runs = journal.executions[nonce] ?? 0;
  const [fate, claim, tool] = [journal.fateOf(request), journal.claimOf(request), journal.toolOf(request)];
  const detail = `${journal.backendOf(request)}/${tool}, ${fate} (${journal.codeOf(request)}), said ${claim}, ran ${runs} times`;
  if (fate === "pending") journal.break("never answered", request, detail);
  if (runs > MOST_RUNS[tool] && request === nonce) journal.break("ran more often than it may", nonce, detail);
  if (fate === "ok" && runs === 0) journal.break("said ok and did not run", request, detail);
  if (claim === "executed" && runs === 0) journal.break("said executed and did not run", request, detail);
  const mayRunLater = journal.isRepeated(nonce); // the other request under the same key may have run it
  if (claim === "not_executed" && runs > 0 && !mayRunLater) journal.break("said not executed and ran", request, detail);
}
