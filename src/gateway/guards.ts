import type { BackendRunner } from "../lifecycle/backend-runner.ts";
import { GatewayError } from "../model/errors.ts";
import { Bulkhead } from "../resilience/bulkhead.ts";
import { CircuitBreaker, type Permit } from "../resilience/circuit-breaker.ts";
import { GlobalLimits } from "../resilience/global-limits.ts";
import { type AttemptFacts, outcomeOf } from "../resilience/outcome.ts";
import { Pushback } from "../resilience/pushback.ts";
import { RetryBudget } from "../resilience/retry-budget.ts";
import { UsualTime } from "../resilience/usual-time.ts";
import type { Clock } from "../time/clock.ts";

/** What stands between the calls and one backend. */
export interface Guard {
  readonly bulkhead: Bulkhead;
  readonly breaker: CircuitBreaker;
  readonly pushback: Pushback;
  readonly budget: RetryBudget;
  /** How long its answers usually take: a retry that needs longer than is left is not begun. */
  readonly usual: UsualTime;
}

/** A guard as `status` shows it. */
export interface GuardView {
  readonly breaker: string;
  /** When the breaker lets calls through again, in ms; 0 while it does. */
  readonly retryAfterMs: number;
  readonly atWork: number;
  readonly queued: number;
}

const UNTRIED: GuardView = { breaker: "closed", retryAfterMs: 0, atWork: 0, queued: 0 };

/** One guard for each runner: a changed entry gets a new one and owes nothing to the old. */
export class Guards implements Disposable {
  readonly #clock: Clock;
  readonly #onChange: (backend: string, breaker: string) => void;
  readonly #shared = new GlobalLimits();
  readonly #guards = new Map<BackendRunner, Guard>();

  constructor(clock: Clock, onChange: (backend: string, breaker: string) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  of(runner: BackendRunner): Guard {
    let guard = this.#guards.get(runner);
    if (!guard) {
      guard = this.#create(runner);
      this.#guards.set(runner, guard);
    }
    return guard;
  }

  view(runner: BackendRunner): GuardView {
    const guard = this.#guards.get(runner);
    if (!guard) return UNTRIED;
    const { breaker, bulkhead } = guard;
    return {
      breaker: breaker.state,
      retryAfterMs: breaker.retryAfterMs,
      atWork: bulkhead.inFlight,
      queued: bulkhead.queued,
    };
  }

  /** Drops the guards of runners that are no longer in force; calls under way finish without being counted. */
  keepOnly(current: readonly BackendRunner[]): void {
    for (const [runner, { breaker }] of this.#guards) {
      if (current.includes(runner)) continue;
      breaker[Symbol.dispose]();
      this.#guards.delete(runner);
    }
  }

  [Symbol.dispose](): void {
    this.keepOnly([]);
  }

  #create(runner: BackendRunner): Guard {
    const backend = runner.spec.id;
    const clock = this.#clock;
    return {
      bulkhead: new Bulkhead({ backend, clock, shared: this.#shared }),
      breaker: new CircuitBreaker({
        clock,
        probe: (signal) => runner.use(signal, ({ connection }) => connection.probe(signal)),
        onChange: (state) => this.#onChange(backend, state),
      }),
      pushback: new Pushback(backend, clock),
      budget: new RetryBudget(),
      usual: new UsualTime(),
    };
  }
}

/** Tells a guard what came of an attempt. */
export function settleAttempt(
  { breaker, budget }: Guard,
  permit: Permit,
  result: "answer" | GatewayError,
  facts: AttemptFacts,
): void {
  const outcome = outcomeOf(result, facts);
  breaker.settle(permit, outcome);
  budget.note(outcome);
}

/** Why a backend is not asked for now. */
export const circuitOpen = (backend: string, { breaker: { retryAfterMs } }: Guard): GatewayError =>
  new GatewayError("circuit_open", `"${backend}" has stopped answering, so calls are not sent to it for now`, {
    backend,
    retryAfterMs,
    hint: "Sallyport asks it by itself whether it is back; use another server, or see status with this server",
  });
