import { expect } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import type { Signal } from "../../../src/model/signal.ts";
import { CircuitBreaker } from "../../../src/resilience/circuit-breaker.ts";
import type { Outcome } from "../../../src/resilience/outcome.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

interface Probe {
  readonly signal: Signal;
  readonly answer: (error?: GatewayError) => void;
}

/** A breaker with a clock and probes in the test's hand; without jitter unless `random` says otherwise. */
export class BreakerHouse {
  readonly clock = new ManualClock();
  readonly probes: Probe[] = [];
  readonly changes: string[] = [];
  readonly breaker: CircuitBreaker;
  #answered = 0;

  constructor(random: () => number = () => 0.5) {
    this.breaker = new CircuitBreaker({
      clock: this.clock,
      random,
      onChange: (state) => this.changes.push(state),
      probe: (signal) =>
        new Promise((resolve, reject) => {
          this.probes.push({ signal, answer: (error) => (error ? reject(error) : resolve()) });
        }),
    });
  }

  /** Makes one attempt after the other with these outcomes; those that are not let through do not happen. */
  attempt(...outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      const permit = this.breaker.admit();
      if (permit) this.breaker.settle(permit, outcome);
    }
  }

  /** Opens it by 5 failures. */
  trip(): void {
    this.attempt(...fails(5));
    expect(this.breaker.state).toBe("open");
  }

  /** Opens it, waits for its first second and lets somebody ask. */
  async halfOpen(): Promise<void> {
    this.trip();
    await this.clock.advance(1_000);
    expect(this.breaker.admit()).toBeUndefined();
    expect(this.breaker.state).toBe("half_open");
  }

  /** Answers the probe under way. */
  async answerProbe(error?: GatewayError): Promise<void> {
    expect(this.probes.length).toBe(this.#answered + 1);
    this.probes[this.#answered]?.answer(error);
    this.#answered += 1;
    await settle();
  }

  /** Opens and closes it again; it is then in its slow start. */
  async recover(): Promise<void> {
    await this.halfOpen();
    await this.answerProbe();
    await this.answerProbe();
    expect(this.breaker.state).toBe("closed");
  }
}

export const fails = (count: number): readonly Outcome[] => Array.from({ length: count }, () => "fail");
export const oks = (count: number): readonly Outcome[] => Array.from({ length: count }, () => "ok");
export const refused = (): GatewayError => new GatewayError("unavailable", "Cannot reach it: connection refused");
export const patient = (): Signal => new AbortController().signal;
