import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import { formatMs } from "../model/units.ts";
import { type Clock, sleep } from "../time/clock.ts";
import { isPushback } from "./outcome.ts";

/** For a backend that asks for fewer requests and does not say for how long. */
const USUAL_MS = 1_000;
const LONGEST_MS = 60_000;
/** What adding and taking away a moment of the clock may leave over, and far less than a timer can tell. */
const ROUNDING_MS = 1e-3;

/** Who wants to pass, and until when it makes sense. */
export interface Passage {
  readonly signal: Signal;
  /** Monotonic moment (Clock.now) at which the call must have ended. */
  readonly deadline: number;
}

/** Holds the calls of one backend back for as long as it asked for: HTTP 429, or 503 with Retry-After. */
export class Pushback {
  readonly #backend: string;
  readonly #clock: Clock;
  #opensAt = Number.NEGATIVE_INFINITY;

  constructor(backend: string, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  /** How long the gate stays closed, in ms. */
  get closedForMs(): number {
    if (this.#opensAt === Number.NEGATIVE_INFINITY) return 0;
    return Math.max(0, Math.ceil(this.#opensAt - this.#clock.now() - ROUNDING_MS));
  }

  /** Closes the gate if the error asks for it: for Retry-After, 60 s at most. A later request never shortens an earlier one. */
  note(error: GatewayError): void {
    if (!isPushback(error)) return;
    const ms = Math.min(error.retryAfterMs ?? USUAL_MS, LONGEST_MS);
    this.#opensAt = Math.max(this.#opensAt, this.#clock.now() + ms);
  }

  /**
   * Waits until the gate opens. Throws `resource_exhausted` with `retryAfterMs` at once when that is not before the deadline,
   * and the signal's reason when it aborts.
   */
  async pass({ signal, deadline }: Passage): Promise<void> {
    for (let ms = this.closedForMs; ms > 0; ms = this.closedForMs) {
      if (this.#opensAt >= deadline) throw this.#tooLong(ms);
      await sleep(this.#clock, ms, signal); // the gate may have been closed again meanwhile
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
