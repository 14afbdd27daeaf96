import type { CallRecord } from "../model/ports.ts";
import { Latency } from "./latency.ts";
import { isAnswer, VERDICTS } from "./outcomes.ts";

/** A window holds the calls of the last five to ten minutes. */
const HALF_MS = 300_000;

/** What the calls of a window say about their server. */
export interface WindowView {
  /** Calls that say something about the server. */
  readonly calls: number;
  readonly failed: number;
  /** Each undefined where no call was answered that found the server running. */
  readonly p95Ms: number | undefined;
  readonly inServerMs: number | undefined;
  readonly oursMs: number | undefined;
}

class Half {
  readonly answered = new Latency();
  readonly inServer = new Latency();
  readonly ours = new Latency();
  calls = 0;
  failed = 0;
  slowestMs = 0;

  clear(): void {
    for (const latency of [this.answered, this.inServer, this.ours]) latency.clear();
    this.calls = 0;
    this.failed = 0;
    this.slowestMs = 0;
  }
}

/** The recent calls of one server: two halves that take turns, so that forgetting costs nothing. */
export class CallWindow {
  #now = new Half();
  #before = new Half();
  #turnAt: number;

  constructor(now: number) {
    this.#turnAt = now + HALF_MS;
  }

  record({ ms, endedAt, code, notes }: CallRecord): void {
    if (VERDICTS[code] === "none") return;
    this.turn(endedAt);
    const half = this.#now;
    half.calls += 1;
    if (VERDICTS[code] === "bad") half.failed += 1;
    if (!isAnswer(code) || notes.startMs !== undefined) return; // a start has a time of its own
    half.answered.record(ms);
    if (notes.backendMs !== undefined) half.inServer.record(notes.backendMs);
    half.ours.record(ms - (notes.backendMs ?? 0));
    if (ms > half.slowestMs) half.slowestMs = ms;
  }

  /** Forgets what is too old at this moment. */
  turn(now: number): void {
    if (now < this.#turnAt) return;
    if (now >= this.#turnAt + HALF_MS) this.#now.clear(); // nothing was heard for so long that all of it is old
    [this.#now, this.#before] = [this.#before, this.#now];
    this.#now.clear();
    this.#turnAt = now + HALF_MS;
  }

  /** Whether no call of the window failed or took longer than that: then no rule can be broken. */
  isCalm(ms: number): boolean {
    return [this.#now, this.#before].every(({ failed, slowestMs }) => failed === 0 && slowestMs <= ms);
  }

  view(): WindowView {
    const halves = [this.#now, this.#before];
    const p95 = (which: "answered" | "inServer" | "ours") =>
      Latency.quantile(
        halves.map((half) => half[which]),
        0.95,
      );
    return {
      calls: halves.reduce((sum, { calls }) => sum + calls, 0),
      failed: halves.reduce((sum, { failed }) => sum + failed, 0),
      p95Ms: p95("answered"),
      inServerMs: p95("inServer"),
      oursMs: p95("ours"),
    };
  }
}
