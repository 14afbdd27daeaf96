import type { Outcome } from "./outcome.ts";

const MAX_TOKENS = 10;
const TOKENS_PER_OK = 0.1;
/** This many retries may be under way however few calls are. */
const ALWAYS_ALLOWED = 3;
const SHARE_OF_IN_FLIGHT = 0.2;

/**
 * Keeps retries of one backend from becoming a load of their own. A failure costs a token, an answer earns a tenth of one, and
 * there are retries only while more than half of the 10 are left (gRPC A6); at the same time at most 3 or a fifth of the calls
 * in flight, whichever is more (Envoy).
 */
export class RetryBudget {
  #tenths = MAX_TOKENS / TOKENS_PER_OK; // whole numbers, so that a thousand answers add up exactly
  #underWay = 0;

  get underWay(): number {
    return this.#underWay;
  }

  /** Tells the outcome of an attempt, retries included. */
  note(outcome: Outcome): void {
    if (outcome === "ok") this.#tenths = Math.min(MAX_TOKENS / TOKENS_PER_OK, this.#tenths + 1);
    if (outcome === "fail") this.#tenths = Math.max(0, this.#tenths - 1 / TOKENS_PER_OK);
  }

  /** Takes leave for one retry; disposing ends it. Undefined if the budget does not allow it now. */
  tryTake(inFlight: number): Disposable | undefined {
    if (this.#tenths * TOKENS_PER_OK <= MAX_TOKENS / 2) return undefined;
    if (this.#underWay >= Math.max(ALWAYS_ALLOWED, SHARE_OF_IN_FLIGHT * inFlight)) return undefined;
    this.#underWay += 1;
    return {
      [Symbol.dispose]: () => {
        this.#underWay -= 1;
      },
    };
  }
}
