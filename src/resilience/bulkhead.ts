import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import type { Clock } from "../time/clock.ts";
import type { GlobalLimits } from "./global-limits.ts";
import { Places } from "./places.ts";

export interface BulkheadOptions {
  readonly backend: string;
  readonly clock: Clock;
  /** What all backends together may hold. */
  readonly shared: GlobalLimits;
  /** Calls at work at the same time; default 32. */
  readonly limit?: number;
  /** Calls that may wait; default 256. */
  readonly queueCalls?: number;
  /** Bytes of arguments that may wait; default 8 MiB. */
  readonly queueBytes?: number;
}

/** One call as the bulkhead sees it. */
export interface Cargo {
  readonly signal: Signal;
  /** Size of its arguments. */
  readonly bytes: number;
}

/** A call's place at work, which it leaves once. */
export class Stay {
  /** Since when, on the bulkhead's clock. */
  readonly began: number;
  readonly bytes: number;
  /** How long the call had waited for it, in ms. */
  readonly queuedMs: number;
  #leave: ((stay: Stay) => void) | undefined;

  constructor(leave: (stay: Stay) => void, began: number, bytes: number, queuedMs: number) {
    this.#leave = leave;
    this.began = began;
    this.bytes = bytes;
    this.queuedMs = queuedMs;
  }

  leave(): void {
    const leave = this.#leave;
    this.#leave = undefined;
    leave?.(this);
  }
}

/** What an average call is taken to last before any has ended, in ms. */
const FIRST_GUESS_MS = 1_000;
/** Weight of the newest call in the running average. */
const NEWEST = 0.2;
const RETRY_AFTER = { minMs: 50, maxMs: 60_000 };

/** Bounds how many calls of one backend are at work and how many wait; the rest are turned away at once. */
export class Bulkhead {
  readonly #options: BulkheadOptions;
  readonly #places: Places;
  readonly #queueCalls: number;
  readonly #queueBytes: number;
  #queuedBytes = 0;
  #averageMs = FIRST_GUESS_MS;
  /** Places that were left and are given to those who wait at the end of this turn. */
  #left = 0;

  constructor(options: BulkheadOptions) {
    this.#options = options;
    this.#places = new Places(options.limit ?? 32);
    this.#queueCalls = options.queueCalls ?? 256;
    this.#queueBytes = options.queueBytes ?? 8 * 2 ** 20;
  }

  get inFlight(): number {
    return this.#places.taken - this.#left;
  }

  get queued(): number {
    return this.#places.waiting;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /**
   * Tells of a place at work: at once if one is free, else at the end of the turn in which one is left, first come, first served. Or of
   * `resource_exhausted` with `retryAfterMs` when there is not even room to wait, or the signal's reason when it aborts in the
   * queue. Whoever is told must not throw.
   */
  enter(cargo: Cargo, told: (stay: Stay | GatewayError) => void): void {
    const { clock, shared } = this.#options;
    const { bytes, signal } = cargo;
    const { waiting, limit } = this.#places;
    if (signal.aborted) told(GatewayError.from(signal.reason));
    else if (!shared.tryEnter(bytes)) told(this.#full("the gateway has too many calls under way"));
    else if (this.#places.tryTake()) told(new Stay(this.#leave, clock.now(), bytes, 0));
    else if (waiting < this.#queueCalls && this.#queuedBytes + bytes <= this.#queueBytes) this.#queue(cargo, told);
    else {
      shared.leave(bytes);
      told(this.#full(`${limit} calls are at work and ${waiting} wait`));
    }
  }

  readonly #leave = ({ began, bytes }: Stay): void => {
    const { clock, shared } = this.#options;
    shared.leave(bytes);
    this.#averageMs += NEWEST * (clock.now() - began - this.#averageMs);
    if (this.#places.waiting === 0) this.#places.giveBack();
    else this.#giveBackSoon();
  };

  /** Not at once: calls that fail together with their backend would let others in before it is known to be gone. */
  #giveBackSoon(): void {
    this.#left += 1;
    if (this.#left > 1) return;
    setImmediate(() => {
      const left = this.#left;
      this.#left = 0; // what is left from here on is given back a turn later
      for (let place = 0; place < left; place += 1) this.#places.giveBack();
    });
  }

  #queue({ signal, bytes }: Cargo, told: (stay: Stay | GatewayError) => void): void {
    const { clock, shared } = this.#options;
    const came = clock.now();
    this.#queuedBytes += bytes;
    this.#places.queue(signal, (end) => {
      this.#queuedBytes -= bytes;
      if (end === "placed") {
        const began = clock.now();
        told(new Stay(this.#leave, began, bytes, began - came));
        return;
      }
      shared.leave(bytes);
      told(GatewayError.from(signal.reason));
    });
  }

  #full(why: string): GatewayError {
    const { backend } = this.#options;
    return new GatewayError("resource_exhausted", `Cannot take another call of "${backend}": ${why}`, {
      backend,
      retryAfterMs: this.#retryAfterMs(),
      hint: "Wait before you call it again, and send fewer calls at the same time",
    });
  }

  /** About how long until everyone who waits has had a turn. */
  #retryAfterMs(): number {
    const { waiting, limit } = this.#places;
    const ms = (this.#averageMs * (waiting + 1)) / limit;
    return Math.round(Math.min(Math.max(ms, RETRY_AFTER.minMs), RETRY_AFTER.maxMs));
  }
}
