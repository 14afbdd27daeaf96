import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";

/** A limited number of places, handed out in order of arrival. Every step is O(1); who aborts leaves the queue at once. */
export class Places {
  readonly #waiting = new Set<(placed: boolean) => void>();
  #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** A higher limit lets waiters in at once; a lower one takes no place away. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#fill();
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a free place; false if there is none. */
  tryTake(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken += 1;
    return true;
  }

  /** Queues for a place: true when it is ours, false when the queue was dismissed. Rejects with the signal's reason. */
  wait(signal: Signal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(enter);
        reject(GatewayError.from(signal.reason));
      };
      const enter = (placed: boolean) => {
        signal.removeEventListener("abort", leave);
        resolve(placed);
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.add(enter);
    });
  }

  giveBack(): void {
    this.#taken -= 1;
    this.#fill();
  }

  /** Sends everyone who waits away without a place. */
  dismiss(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const enter of waiting) enter(false);
  }

  #fill(): void {
    for (const enter of this.#waiting) {
      if (!this.tryTake()) return;
      this.#waiting.delete(enter);
      enter(true);
    }
  }
}
