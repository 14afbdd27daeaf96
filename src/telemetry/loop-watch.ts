import { monitorEventLoopDelay } from "node:perf_hooks";
import type { CallRecord, Observer } from "../model/ports.ts";
import { callName } from "./access-log.ts";
import type { Logger } from "./logger.ts";

/** How late the event loop was since the first call, in ms. */
export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What measures it; times in nanoseconds, `perf_hooks` has one. */
export interface DelayHistogram {
  readonly max: number;
  percentile(percentile: number): number;
  enable(): unknown;
  disable(): unknown;
}

const NS_PER_MS = 1e6;
/** How often the loop is asked, in ms; what it takes beyond that is delay. */
const RESOLUTION_MS = 20;
/** A step of ours this long is a defect: everybody waits. */
const TOO_LATE_MS = 100;

/**
 * Watches how late the event loop is, from the end of the first call on: a gateway that only introduces itself pays nothing.
 * A delay above 100 ms that is longer than any before is logged with the call that ended then.
 */
export class LoopWatch implements Observer, Disposable {
  readonly #log: Logger;
  readonly #measure: () => DelayHistogram;
  #histogram: DelayHistogram | undefined;
  #toldMs = TOO_LATE_MS;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(log: Logger, measure: () => DelayHistogram = () => monitorEventLoopDelay({ resolution: RESOLUTION_MS })) {
    this.#log = log;
    this.#measure = measure;
  }

  /** Undefined before the first call has ended. */
  get delay(): LoopDelay | undefined {
    if (!this.#histogram) return undefined;
    return { p99Ms: lateness(this.#histogram.percentile(99)), maxMs: lateness(this.#histogram.max) };
  }

  callFinished({ id, ref, endedAt }: CallRecord): void {
    if (!this.#histogram) {
      this.#histogram = this.#measure();
      this.#histogram.enable();
      return;
    }
    if (endedAt - this.#lookedAt < RESOLUTION_MS) return; // there is nothing new yet
    this.#lookedAt = endedAt;
    const maxMs = lateness(this.#histogram.max);
    if (maxMs <= this.#toldMs) return;
    this.#toldMs = maxMs;
    this.#log.warn({ maxMs, call: callName(id), server: ref.backend, tool: ref.tool }, "event loop blocked");
  }

  backendChanged(): void {}

  circuitChanged(): void {}

  [Symbol.dispose](): void {
    this.#histogram?.disable();
  }
}

/** To a tenth of a ms; never below 0, where there is no sample yet. */
const lateness = (ns: number): number => Math.max(0, Math.round((ns / NS_PER_MS - RESOLUTION_MS) * 10) / 10);
