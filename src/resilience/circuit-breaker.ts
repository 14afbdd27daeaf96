import type { Signal } from "../model/signal.ts";
import { Backoff } from "../time/backoff.ts";
import type { Clock } from "../time/clock.ts";
import { FailureStatistics } from "./failure-statistics.ts";
import type { Outcome } from "./outcome.ts";
import { Probation, VERDICT_WAIT_MS } from "./probation.ts";
import { SlowStart } from "./slow-start.ts";

const OPEN_TIME = { firstMs: 1_000, maxMs: 60_000 };

export type BreakerState = "closed" | "open" | "half_open" | "retired";

/** A closed period: its own statistics, so that nothing old counts, and its own permits. */
interface Closed {
  readonly name: "closed";
  readonly statistics: FailureStatistics;
  slowStart: SlowStart | undefined;
}

/** Each state with what is true in it. */
type Phase =
  | Closed
  | { readonly name: "open"; readonly until: number }
  | { readonly name: "half_open"; readonly probation: Probation }
  | { readonly name: "retired" };

/** Leave to make one attempt. Whoever has one settles it, whatever comes of the attempt; only the first time counts. */
export class Permit {
  /** The closed period it was issued in, known by identity: the epoch. */
  readonly period: object;
  settled = false;

  constructor(period: object) {
    this.period = period;
  }
}

export interface BreakerDeps {
  readonly clock: Clock;
  /** From 0 up to, not including, 1; default `Math.random`. */
  readonly random?: () => number;
  /** Asks the backend whether it answers; the signal aborts after 5 s. */
  readonly probe: (signal: Signal) => Promise<void>;
  /** Hears every change of state; must not throw. */
  readonly onChange: (state: BreakerState) => void;
}

/**
 * Keeps calls from a backend that does not answer. It is told outcomes at completion and wraps no call, so slow failures count
 * and calls under way do not dilute them. It opens for 1 s doubling to 60 s, each time ±50 %; then the first who asks makes it
 * probe by itself (a caller's call never is the probe), and two good probes close it into a slow start. Neither closed nor
 * open does it have a timer.
 */
export class CircuitBreaker implements Disposable {
  readonly #deps: BreakerDeps;
  readonly #random: () => number;
  readonly #openTime = new Backoff(OPEN_TIME);
  #openMs = OPEN_TIME.firstMs;
  #phase: Phase;

  constructor(deps: BreakerDeps) {
    this.#deps = deps;
    this.#random = deps.random ?? Math.random;
    this.#phase = this.#closedPeriod();
  }

  get state(): BreakerState {
    return this.#phase.name;
  }

  /** When it is worth asking again, in ms; 0 while calls pass. */
  get retryAfterMs(): number {
    switch (this.#phase.name) {
      case "open":
        return Math.max(0, Math.ceil(this.#phase.until - this.#deps.clock.now()));
      case "half_open":
        return VERDICT_WAIT_MS;
      default:
        return 0;
    }
  }

  /** Calls it lets through at the same time: none while open, few in a slow start, `Infinity` otherwise. */
  get concurrencyLimit(): number {
    const phase = this.#phase;
    if (phase.name === "open" || phase.name === "half_open") return 0;
    return (phase.name === "closed" ? phase.slowStart?.limit : undefined) ?? Number.POSITIVE_INFINITY;
  }

  /** A permit if there is one at once. Undefined means: ask `awaitVerdict`, which knows whether waiting makes sense. */
  admit(): Permit | undefined {
    const phase = this.#phase;
    if (phase.name === "retired") return new Permit(phase);
    if (phase.name === "closed")
      return phase.slowStart === undefined || phase.slowStart.tryTake() ? new Permit(phase) : undefined;
    if (phase.name === "open" && this.#deps.clock.now() >= phase.until) this.#beginProbation();
    return undefined;
  }

  /**
   * Waits up to 1 s for the verdict of probes under way, and in a slow start for a place; undefined at once when open, and when
   * the verdict is bad or late. Rejects with the signal's reason.
   */
  async awaitVerdict(signal: Signal): Promise<Permit | undefined> {
    if (this.#phase.name === "half_open") await this.#phase.probation.wait(signal);
    for (let phase = this.#phase; phase.name === "closed"; phase = this.#phase) {
      const placed = phase.slowStart === undefined || (await phase.slowStart.take(signal));
      if (placed && this.#phase === phase) return new Permit(phase);
    }
    return this.admit();
  }

  /** Tells what came of an attempt. What arrives after its period has ended is dropped. */
  settle(permit: Permit, outcome: Outcome): void {
    if (permit.settled) return;
    permit.settled = true;
    const phase = this.#phase;
    if (phase.name !== "closed" || permit.period !== phase) return;
    if (outcome === "ok") this.#openTime.reset();
    if (outcome !== "ignore") phase.statistics.record(outcome);
    phase.slowStart?.giveBack(outcome);
  }

  /** Closes it and forgets everything, on a person's word. */
  reset(): void {
    if (this.#phase.name === "retired") return;
    this.#openTime.reset();
    this.#become(this.#closedPeriod());
  }

  /** Ends it with its backend: it probes no more, lets late calls through and counts nothing. */
  [Symbol.dispose](): void {
    this.#become({ name: "retired" });
  }

  #beginProbation(): void {
    const probation = new Probation(this.#deps.clock, this.#deps.probe);
    const phase: Phase = { name: "half_open", probation };
    this.#become(phase);
    void probation.run().then((outcome) => {
      if (this.#phase === phase) this.#judge(outcome); // else it was reset or retired meanwhile
    });
  }

  #judge(outcome: Outcome): void {
    if (outcome === "ok") this.#become(this.#recoveringPeriod());
    else if (outcome === "fail") this.#open();
    else this.#openAgain(); // no evidence for a longer wait
  }

  #open(): void {
    this.#openMs = this.#openTime.next();
    this.#openAgain();
  }

  #openAgain(): void {
    const ms = this.#openMs * (0.5 + this.#random());
    this.#become({ name: "open", until: this.#deps.clock.now() + ms });
  }

  #closedPeriod(): Closed {
    const statistics = new FailureStatistics(this.#deps.clock, () => this.#open());
    return { name: "closed", statistics, slowStart: undefined };
  }

  #recoveringPeriod(): Closed {
    const period = this.#closedPeriod();
    period.slowStart = new SlowStart(this.#deps.clock, () => {
      period.slowStart = undefined;
    });
    return period;
  }

  /** The only place where the state changes: what the old one holds is given up. */
  #become(next: Phase): void {
    const old = this.#phase;
    this.#phase = next;
    if (old.name === "closed") {
      old.statistics[Symbol.dispose]();
      old.slowStart?.end();
    }
    if (old.name === "half_open") old.probation.end();
    if (old.name !== next.name) this.#deps.onChange(next.name);
  }
}
