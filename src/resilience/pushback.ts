import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import { formatMs } from "../model/units.ts";
import { type Clock, sleep } from "../time/clock.ts";
import { type LinkedSignal, linkSignal } from "../time/linked-signal.ts";
import { isPushback } from "./outcome.ts";

/** For a backend that asks for fewer requests and does not say for how long. */
const USUAL_MS = 1_000;
const LONGEST_MS = 60_000;
/** So long the others wait for the one who went first. */
const TRIAL_MS = 1_000;
const TRIED = new GatewayError("cancelled", "The trial is over");
/** What adding and taking away a moment of the clock may leave over, and far less than a timer can tell. */
const ROUNDING_MS = 1e-3;

/** Who wants to pass, and until when it makes sense. */
export interface Passage {
  readonly signal: Signal;
  /** Monotonic moment (Clock.now) at which the call must have ended. */
  readonly deadline: number;
}

/** Leave to find out whether a backend has had its rest; whoever has one tells what came of it, once. */
export class Trial {
  /** Monotonic moment of its beginning. */
  readonly began: number;

  constructor(began: number) {
    this.began = began;
  }
}

/**
 * Holds the calls of one backend back for as long as it asked for: HTTP 429, or 503 with Retry-After. Those that wait do not all go
 * at once then, which would be the very crowd it complained of: one goes first, and the others once the backend has taken it.
 */
export class Pushback {
  readonly #backend: string;
  readonly #clock: Clock;
  #opensAt = Number.NEGATIVE_INFINITY;
  #trial: Trial | undefined;
  readonly #waiting = new Set<LinkedSignal>();

  constructor(backend: string, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  /** Whether nothing was asked for, or it has been heard since that it is over: then nobody need `pass`. */
  get isOpen(): boolean {
    return this.#opensAt === Number.NEGATIVE_INFINITY;
  }

  /** How long the gate stays closed, in ms. */
  get closedForMs(): number {
    if (this.isOpen) return 0;
    return Math.max(0, Math.ceil(this.#opensAt - this.#clock.now() - ROUNDING_MS));
  }

  /**
   * Hears how an attempt ended, with the trial it was, if it was one. Closes the gate if the backend asks for it: for Retry-After, 60 s at
   * most. A later request never shortens an earlier one.
   */
  settle(ending: "answer" | GatewayError, trial?: Trial): void {
    if (ending !== "answer" && isPushback(ending)) {
      const ms = Math.min(ending.retryAfterMs ?? USUAL_MS, LONGEST_MS);
      this.#opensAt = Math.max(this.#opensAt, this.#clock.now() + ms);
    }
    if (!trial) return;
    if (this.#trial === trial) this.#trial = undefined;
    if (this.closedForMs === 0 && wasHeard(ending)) this.#opensAt = Number.NEGATIVE_INFINITY;
    for (const wait of this.#waiting) wait.abort(TRIED);
  }

  /**
   * Waits until the gate opens; resolves with a trial for the one who goes first. Throws `resource_exhausted` with `retryAfterMs` at once
   * when the gate does not open before the deadline, and the signal's reason when it aborts.
   */
  async pass({ signal, deadline }: Passage): Promise<Trial | undefined> {
    while (!this.isOpen) {
      const ms = this.closedForMs;
      if (ms > 0 && this.#opensAt >= deadline) throw this.#tooLong(ms);
      const trialMs = this.#trial ? this.#trial.began + TRIAL_MS - this.#clock.now() : 0;
      if (ms > 0)
        await sleep(this.#clock, ms, signal); // the gate may have been closed again meanwhile
      else if (trialMs > 0) await this.#untilTried(trialMs, signal);
      else {
        this.#trial = new Trial(this.#clock.now());
        return this.#trial;
      }
    }
    return undefined;
  }

  /** Until the trial has ended, but no longer than `ms`: a backend that takes long for each call gets one more then. */
  async #untilTried(ms: number, signal: Signal): Promise<void> {
    using wait = linkSignal(signal);
    this.#waiting.add(wait);
    try {
      await sleep(this.#clock, ms, wait);
    } catch {
      signal.throwIfAborted();
    } finally {
      this.#waiting.delete(wait);
    }
  }

  #tooLong(ms: number): GatewayError {
    const message = `Cannot call "${this.#backend}" now: it asked for fewer requests, for another ${formatMs(ms)}`;
    return new GatewayError("resource_exhausted", message, {
      backend: this.#backend,
      retryAfterMs: ms,
      hint: `Call it again in ${formatMs(ms)}`,
    });
  }
}

/** Whether the backend took it and said something to it, be it that it failed. */
function wasHeard(ending: "answer" | GatewayError): boolean {
  if (ending === "answer") return true;
  if (isPushback(ending) || ending.code === "cancelled" || ending.code === "deadline_exceeded") return false;
  return ending.outcome !== "not_executed" || ending.rpc !== undefined || ending.httpStatus !== undefined;
}
