import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import { SlotMap } from "../model/slot-map.ts";

/** A limited number of places, handed out in order of arrival. Every step is O(1); who aborts leaves the queue at once. */
export class Places {
  readonly #waiting = new SlotMap<number, (placed: boolean) => void>();
  #arrivals = 0;
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
      const place = this.#arrivals++;
      const leave = () => {
        this.#waiting.delete(place);
        reject(GatewayError.from(signal.reason));
      };
      const enter = (placed: boolean) => {
        this.#waiting.delete(place);
        signal.removeEventListener("abort", leave);
        resolve(placed);
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.set(place, enter);
    });
  }

  giveBack(): void {
    this.#taken -= 1;
    this.#fill();
  }

  /** Sends everyone who waits away without a place. */
  dismiss(): void {
    for (const enter of this.#waiting.values()) enter(false);
  }

  #fill(): void {
    for (let enter = this.#waiting.first; enter && this.tryTake(); enter = this.#waiting.first) enter(true);
  }
}
