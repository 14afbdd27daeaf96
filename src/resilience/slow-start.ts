import type { Signal } from "../model/signal.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { Outcome } from "./outcome.ts";
import { Places } from "./places.ts";

/** With so many calls at the same time a backend counts as recovered. */
const FULL = 32;
/** A step that nobody's answer takes is taken after so long, lest one slow call keeps all others out. */
const STEP_MS = 1_000;

/**
 * Lets calls back to a recovered backend: 1 at a time, then 2, 4 and so on. The limit doubles when as many calls as it allows
 * have been answered, or every second while calls wait.
 */
export class SlowStart {
  readonly #clock: Clock;
  readonly #onFull: () => void;
  readonly #places = new Places(1);
  #answered = 0;
  #timer: Timer | undefined;

  /** `onFull` is called once, when the last step is taken. */
  constructor(clock: Clock, onFull: () => void) {
    this.#clock = clock;
    this.#onFull = onFull;
  }

  get limit(): number {
    return this.#places.limit;
  }

  tryTake(): boolean {
    return this.#places.tryTake();
  }

  /** Takes a place when there is one: false if the backend failed again meanwhile. Rejects with the signal's reason. */
  async take(signal: Signal): Promise<boolean> {
    if (this.#places.tryTake()) return true;
    const turn = this.#places.wait(signal);
    this.#awaitStep();
    return await turn;
  }

  /** Gives a place back, with what came of it. */
  giveBack(outcome: Outcome): void {
    this.#places.giveBack();
    if (outcome === "ok") this.#answered += 1;
    if (this.#answered >= this.#places.limit) this.#step();
  }

  /** Sends away everyone who waits. */
  end(): void {
    this.#stopTimer();
    this.#places.dismiss();
  }

  #step(): void {
    this.#answered = 0;
    const next = this.#places.limit * 2;
    if (next < FULL) {
      this.#places.limit = next;
      return;
    }
    this.#stopTimer();
    this.#places.limit = Number.POSITIVE_INFINITY;
    this.#onFull();
  }

  #awaitStep(): void {
    this.#timer ??= this.#clock.after(STEP_MS, () => {
      this.#timer = undefined;
      if (this.#places.waiting === 0) return;
      this.#step();
      if (this.#places.waiting > 0) this.#awaitStep();
    });
  }

  #stopTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
