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
   * Runs `work` when there is a place for it, first come, first served. Throws `resource_exhausted` with `retryAfterMs` when
   * there is not even room to wait, and the signal's reason when it aborts in the queue.
   */
  async run<T>(work: () => Promise<T>, { signal, bytes }: Cargo): Promise<T> {
    const { clock, shared } = this.#options;
    if (!shared.tryEnter(bytes)) this.#shed("the gateway has too many calls under way");
    let began: number | undefined;
    try {
      if (!this.#places.tryTake()) await this.#queue(signal, bytes);
      began = clock.now();
      if (signal.aborted) throw GatewayError.from(signal.reason); // between the queue and here
      return await work();
    } finally {
      shared.leave(bytes);
      if (began !== undefined) this.#leave(clock.now() - began);
    }
  }

  #leave(ms: number): void {
    this.#places.giveBack();
    this.#averageMs += NEWEST * (ms - this.#averageMs);
  }

  async #queue(signal: Signal, bytes: number): Promise<void> {
    const { waiting, limit } = this.#places;
    if (waiting >= this.#queueCalls || this.#queuedBytes + bytes > this.#queueBytes)
      this.#shed(`${limit} calls are at work and ${waiting} wait`);
    this.#queuedBytes += bytes;
    try {
      await this.#places.wait(signal);
    } finally {
      this.#queuedBytes -= bytes;
    }
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
