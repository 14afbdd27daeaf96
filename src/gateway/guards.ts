import type { Supervisor } from "../lifecycle/supervisor.ts";
import { Bulkhead } from "../resilience/bulkhead.ts";
import { CircuitBreaker } from "../resilience/circuit-breaker.ts";
import { GlobalLimits } from "../resilience/global-limits.ts";
import { Pushback } from "../resilience/pushback.ts";
import { RetryBudget } from "../resilience/retry-budget.ts";
import type { Clock } from "../time/clock.ts";

/** What stands between the calls and one backend. */
export interface Guard {
  readonly bulkhead: Bulkhead;
  readonly breaker: CircuitBreaker;
  readonly pushback: Pushback;
  readonly budget: RetryBudget;
}

/** A guard as `status` shows it. */
export interface GuardView {
  readonly breaker: string;
  /** When the breaker lets calls through again, in ms; 0 while it does. */
  readonly retryAfterMs: number;
  readonly atWork: number;
  readonly queued: number;
}

/** One guard for each supervisor: a changed entry gets a new one and owes nothing to the old. */
export class Guards implements Disposable {
  readonly #clock: Clock;
  readonly #onChange: (backend: string, breaker: string) => void;
  readonly #shared = new GlobalLimits();
  readonly #guards = new Map<Supervisor, Guard>();

  constructor(clock: Clock, onChange: (backend: string, breaker: string) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  of(supervisor: Supervisor): Guard {
    let guard = this.#guards.get(supervisor);
    if (!guard) {
      guard = this.#create(supervisor);
      this.#guards.set(supervisor, guard);
    }
    return guard;
  }

  view(supervisor: Supervisor): GuardView {
    const { breaker, bulkhead } = this.of(supervisor);
    return {
      breaker: breaker.state,
      retryAfterMs: breaker.retryAfterMs,
      atWork: bulkhead.inFlight,
      queued: bulkhead.queued,
    };
  }

  /** Drops the guards of supervisors that are no longer in force; calls under way finish without being counted. */
  keepOnly(current: readonly Supervisor[]): void {
    for (const [supervisor, { breaker }] of this.#guards) {
      if (current.includes(supervisor)) continue;
      breaker[Symbol.dispose]();
      this.#guards.delete(supervisor);
    }
  }

  [Symbol.dispose](): void {
    this.keepOnly([]);
  }

  #create(supervisor: Supervisor): Guard {
    const backend = supervisor.spec.id;
    const clock = this.#clock;
    return {
      bulkhead: new Bulkhead({ backend, clock, shared: this.#shared }),
      breaker: new CircuitBreaker({
        clock,
        probe: (signal) => supervisor.use(signal, ({ connection }) => connection.probe(signal)),
        onChange: (state) => this.#onChange(backend, state),
      }),
      pushback: new Pushback(backend, clock),
      budget: new RetryBudget(),
    };
  }
}
