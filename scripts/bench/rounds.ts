import type { Done } from "./line-driver.ts";
import { cpuMicros } from "./process-figures.ts";
import { showProgress } from "./report.ts";
import { quantile, shuffled, sorted } from "./statistics.ts";

/** Something that can be called over and over. */
export interface Variant {
  readonly name: string;
  /** The process whose CPU time counts, if any. */
  readonly pid: number | undefined;
  call(id: number, done: Done): void;
}

/** What one round of one variant gave. */
export interface Round {
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly perSecond: number;
  readonly cpuMicrosPerCall: number | undefined;
  readonly errors: number;
}

/** A variant under one load, with all its rounds. */
export interface Case {
  readonly variant: Variant;
  /** Calls under way at any time; of no meaning where `perSecond` is given. */
  readonly inFlight: number;
  /** Calls are due at this rate, whether or not earlier ones were answered; undefined for as many as get through. */
  readonly perSecond?: number;
  readonly rounds: Round[];
}

/** Runs every case once a round, in another order each time, so that foreign load meets all of them alike. */
export async function runRounds(cases: readonly Case[], rounds: number, calls: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const each of shuffled(cases)) each.rounds.push(await runOnce(each, calls));
    showProgress(round + 1, rounds);
  }
}

let nextId = 1_000; // ids below are for handshakes

async function runOnce({ variant, inFlight, perSecond }: Case, calls: number): Promise<Round> {
  const cpuBefore = variant.pid === undefined ? undefined : cpuMicros(variant.pid);
  const begin = performance.now();
  const { micros, errors } = await (perSecond ? openLoop(variant, perSecond, calls) : closedLoop(variant, inFlight, calls));
  const seconds = (performance.now() - begin) / 1_000;
  const cpuAfter = variant.pid === undefined ? undefined : cpuMicros(variant.pid);
  const list = sorted(micros);
  return {
    p50Micros: quantile(list, 0.5),
    p99Micros: quantile(list, 0.99),
    perSecond: calls / seconds,
    cpuMicrosPerCall: cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / calls,
    errors,
  };
}

/** Keeps `inFlight` calls under way until `calls` have been answered. */
function closedLoop(variant: Variant, inFlight: number, calls: number): Promise<{ micros: number[]; errors: number }> {
  const micros: number[] = [];
  let started = 0;
  let errors = 0;
  return new Promise((resolve) => {
    const startOne = (): void => {
      if (started === calls) return;
      started += 1;
      const begin = performance.now();
      variant.call(nextId++, (ok) => {
        micros.push((performance.now() - begin) * 1_000);
        if (!ok) errors += 1;
        if (micros.length === calls) resolve({ micros, errors });
        else startOne();
      });
    };
    for (let lane = 0; lane < inFlight; lane += 1) startOne();
  });
}

const TICK_MS = 2;

/** Sends calls when they are due and counts from then, so that a gateway that stands still cannot hide it by delaying the next. */
function openLoop(variant: Variant, perSecond: number, calls: number): Promise<{ micros: number[]; errors: number }> {
  const micros: number[] = [];
  let started = 0;
  let errors = 0;
  const begin = performance.now();
  const dueAt = (call: number): number => begin + (call * 1_000) / perSecond;
  return new Promise((resolve) => {
    const sendDue = (): void => {
      for (; started < calls && dueAt(started) <= performance.now(); started += 1) {
        const due = dueAt(started);
        variant.call(nextId++, (ok) => {
          micros.push((performance.now() - due) * 1_000);
          if (!ok) errors += 1;
          if (micros.length === calls) resolve({ micros, errors });
        });
      }
      if (started === calls) clearInterval(timer);
    };
    const timer = setInterval(sendDue, TICK_MS);
  });
}
