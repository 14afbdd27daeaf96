import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import { SlotMap } from "../model/slot-map.ts";

/** How the waiting for a place ended: with the place, with the end of the queue, or with the abort of who waited. */
export type WaitEnd = "placed" | "dismissed" | "left";

type Waiting = SlotMap<number, Waiter>;

/** Who waits for a place; as an object it listens to its own signal. */
class Waiter {
  readonly #waiting: Waiting;
  readonly #place: number;
  readonly #signal: Signal;
  readonly #told: (end: WaitEnd) => void;

  constructor(waiting: Waiting, place: number, signal: Signal, told: (end: WaitEnd) => void) {
    this.#waiting = waiting;
    this.#place = place;
    this.#signal = signal;
    this.#told = told;
  }

  /** Its signal has aborted. */
  handleEvent(): void {
    this.#waiting.delete(this.#place);
    this.#told("left");
  }

  enter(end: "placed" | "dismissed"): void {
    this.#waiting.delete(this.#place);
    this.#signal.removeEventListener("abort", this);
    this.#told(end);
  }
}

const ONCE = { once: true } as const;

/** A limited number of places, handed out in order of arrival. Every step is O(1); who aborts leaves the queue at once. */
export class Places {
  readonly #waiting: Waiting = new SlotMap();
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

  /** Queues for a place, and tells once how that ended: at the very moment, so whoever is told must not throw. */
  queue(signal: Signal, told: (end: WaitEnd) => void): void {
    if (signal.aborted) {
      told("left");
      return;
    }
    const place = this.#arrivals++;
    const waiter = new Waiter(this.#waiting, place, signal, told);
    this.#waiting.set(place, waiter);
    signal.addEventListener("abort", waiter, ONCE);
  }

  /** The same by a promise: true when the place is ours, false when the queue was dismissed. Rejects with the signal's reason. */
  wait(signal: Signal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.queue(signal, (end) => (end === "left" ? reject(GatewayError.from(signal.reason)) : resolve(end === "placed")));
    });
  }

  giveBack(): void {
    this.#taken -= 1;
    this.#fill();
  }

  /** Sends everyone who waits away without a place. */
  dismiss(): void {
    for (const waiter of this.#waiting.values()) waiter.enter("dismissed");
  }

  #fill(): void {
    for (let first = this.#waiting.first; first && this.tryTake(); first = this.#waiting.first) first.enter("placed");
  }
}
