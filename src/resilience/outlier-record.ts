import type { Clock } from "../time/clock.ts";
import type { Outcome } from "./outcome.ts";

const MAX_STREAK = 5;
const EJECTION_MS = 30_000;
/** Keeps an endpoint that never mends from being looked at less than every five minutes. */
const MAX_EJECTIONS = 10;

/** What is known of one endpoint's failures. It has no timer: an ejection ends when somebody looks. */
export class OutlierRecord {
  readonly #clock: Clock;
  #streak = 0;
  #ejections = 0;
  #ejectedUntil = Number.NEGATIVE_INFINITY;
  #term = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get ejected(): boolean {
    return this.#clock.now() < this.#ejectedUntil;
  }

  /** Whether its last attempt that counts failed. */
  get failing(): boolean {
    return this.#streak > 0;
  }

  /** Counts ejections: an attempt begun in an earlier term says nothing about this one. */
  get term(): number {
    return this.#term;
  }

  /** Counts what came of an attempt begun in `term`; true if the endpoint is to be ejected. */
  note(outcome: Outcome, term: number): boolean {
    if (term !== this.#term || outcome === "ignore") return false;
    this.#streak = outcome === "ok" ? 0 : this.#streak + 1;
    return this.#streak >= MAX_STREAK;
  }

  /** Ejects for 30 s times the count of ejections, of which each 30 s in service since makes good one. */
  eject(): void {
    const now = this.#clock.now();
    const madeGood = this.#ejections === 0 ? 0 : Math.floor((now - this.#ejectedUntil) / EJECTION_MS);
    this.#ejections = Math.min(MAX_EJECTIONS, Math.max(0, this.#ejections - madeGood) + 1);
    this.#ejectedUntil = now + EJECTION_MS * this.#ejections;
    this.#term += 1;
    this.#streak = 0;
  }
}
