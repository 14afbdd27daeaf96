import type { Row } from "../bench/report.ts";
import { quantile, sorted } from "../bench/statistics.ts";
import { ROLES } from "./cast.ts";
import { faultAt } from "./fault-plan.ts";
import type { Host } from "./host.ts";
import { joinLedgers } from "./join-ledgers.ts";
import { Journal, type Violation } from "./journal.ts";
import { Load, type LoadOptions } from "./load.ts";
import { Play } from "./play.ts";
import { Tally } from "./tally.ts";

/** Time between two faults, in ms. */
export const FAULT_EVERY_MS = 200;
const LAST_ANSWERS_MS = 60_000;

/** Somebody who looks at the gateway while it is at rest, before the first call and after the last. */
export interface Watch {
  /** A module to load beside the gateway. */
  readonly probe: string;
  before(host: Host): Promise<void>;
  after(host: Host): Promise<void>;
}

export interface ChaosOptions extends Omit<LoadOptions, "journal" | "tally"> {
  readonly watch?: Watch | undefined;
}

export interface ChaosReport {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  readonly violations: readonly Violation[];
  /** All violations, those beyond the first hundred included. */
  readonly violationCount: number;
  readonly calls: number;
  readonly executions: number;
}

/** Lets a gateway serve calls while something goes wrong every 200 ms, then compares what it said with what was done. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, watch } = options;
  const journal = new Journal(options.calls + 1);
  const tally = new Tally(journal);
  let load: Load | undefined;
  await using play = await Play.open((id, message) => {
    if (typeof id === "number") load?.answered(id, message);
    else journal.break("an answer to nobody", -1, JSON.stringify(message));
  }, watch?.probe);
  await watch?.before(play.host);
  load = new Load(play.host, { ...options, journal, tally });
  const began = performance.now();
  const faults = new Map<string, number>();
  const striking = setInterval(() => {
    const fault = faultAt(seed, sum(faults));
    faults.set(fault.kind, (faults.get(fault.kind) ?? 0) + 1);
    play.strike(fault);
  }, FAULT_EVERY_MS);
  await load.play(() => clearInterval(striking), LAST_ANSWERS_MS);
  const tookSeconds = (performance.now() - began) / 1_000;
  for (const name of await play.recover()) journal.break("did not recover", -1, name);
  await watch?.after(play.host);
  const code = await play.host.leave();
  if (code !== 0) journal.break("the gateway left with another code than 0", -1, `${code}: ${play.host.log}`);
  if (play.host.strayLines > 0) journal.break("lines that are no JSON", -1, String(play.host.strayLines));
  for (const name of await play.leftovers()) journal.break("a process outlives the gateway", -1, name);
  const executions = await joinLedgers(play.backstage, journal);
  const notes = [
    `${journal.opened} calls in ${tookSeconds.toFixed(1)} s, ${executions} executions, ${sum(faults)} faults (${list(faults)})`,
    `${load.crossed} cancellations crossed their answers; ${load.metaLatencies.length} times discover or status, p99 ${ms(load.metaLatencies)} ms`,
    `failures: ${list(tally.failures) || "none"}`,
  ];
  const { violations, violationCount } = journal;
  return { rows: toRows(journal, tally), notes, violations, violationCount, calls: journal.opened, executions };
}

function toRows(journal: Journal, tally: Tally): Row[] {
  const rows = ROLES.map(({ name, calm }) => ({
    backend: name,
    faults: calm ? "never" : "yes",
    calls: 0,
    ok: 0,
    failed: 0,
    cancelled: 0,
    "ran, not told": 0,
  }));
  for (let nonce = 0; nonce < journal.opened; nonce += 1) {
    const row = rows[journal.roleOf(nonce)];
    const fate = journal.fateOf(nonce);
    if (!row) continue;
    row.calls += 1;
    if (fate !== "pending") row[fate] += 1;
    if (fate === "failed" && (journal.executions[nonce] ?? 0) > 0) row["ran, not told"] += 1;
  }
  return rows.map((row, role) => ({ ...row, "p99 ms": ms(tally.latencies[role] ?? []) }));
}

const ms = (values: readonly number[]): string => quantile(sorted(values), 0.99).toFixed(1);
const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((total, count) => total + count, 0);
const list = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
