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
  #leave: ((stay: Stay, worked: boolean) => void) | undefined;

  constructor(leave: (stay: Stay, worked: boolean) => void, began: number, bytes: number) {
    this.#leave = leave;
    this.began = began;
    this.bytes = bytes;
  }

  leave(): void {
    this.#end(true);
  }

  /** Leaves it without having used it. */
  giveUp(): void {
    this.#end(false);
  }

  #end(worked: boolean): void {
    const leave = this.#leave;
    this.#leave = undefined;
    leave?.(this, worked);
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

  constructor(options: BulkheadOptions) {
    this.#options = options;
    this.#places = new Places(options.limit ?? 32);
    this.#queueCalls = options.queueCalls ?? 256;
    this.#queueBytes = options.queueBytes ?? 8 * 2 ** 20;
  }

  get inFlight(): number {
    return this.#places.taken;
  }

  get queued(): number {
    return this.#places.waiting;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /**
   * A place at work: at once if one is free, else when it is this call's turn, first come, first served. Throws
   * `resource_exhausted` with `retryAfterMs` when there is not even room to wait; rejects with the signal's reason when it aborts
   * in the queue.
   */
  enter(cargo: Cargo): Stay | Promise<Stay> {
    const { clock, shared } = this.#options;
    const { bytes } = cargo;
    if (cargo.signal.aborted) throw GatewayError.from(cargo.signal.reason);
    if (!shared.tryEnter(bytes)) this.#shed("the gateway has too many calls under way");
    if (this.#places.tryTake()) return new Stay(this.#leave, clock.now(), bytes);
    const { waiting, limit } = this.#places;
    if (waiting < this.#queueCalls && this.#queuedBytes + bytes <= this.#queueBytes) return this.#queue(cargo);
    shared.leave(bytes);
    return this.#shed(`${limit} calls are at work and ${waiting} wait`);
  }

  /** Runs `work` in a place of its own; throws as `enter` does, or what `work` throws. */
  async run<T>(work: () => Promise<T>, cargo: Cargo): Promise<T> {
    const stay = await this.enter(cargo);
    if (cargo.signal.aborted) {
      stay.giveUp();
      throw GatewayError.from(cargo.signal.reason); // between the queue and here
    }
    try {
      return await work();
    } finally {
      stay.leave();
    }
  }

  readonly #leave = ({ began, bytes }: Stay, worked: boolean): void => {
    const { clock, shared } = this.#options;
    shared.leave(bytes);
    this.#places.giveBack();
    if (worked) this.#averageMs += NEWEST * (clock.now() - began - this.#averageMs);
  };

  async #queue({ signal, bytes }: Cargo): Promise<Stay> {
    const { clock, shared } = this.#options;
    this.#queuedBytes += bytes;
    try {
      await this.#places.wait(signal);
    } catch (reason) {
      shared.leave(bytes);
      throw reason;
    } finally {
      this.#queuedBytes -= bytes;
    }
    return new Stay(this.#leave, clock.now(), bytes);
  }

  #shed(why: string): never {
    const { backend } = this.#options;
    throw new GatewayError("resource_exhausted", `Cannot take another call of "${backend}": ${why}`, {
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
