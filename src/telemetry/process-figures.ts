import type { Clock } from "../time/clock.ts";
import type { LoopDelay } from "./loop-watch.ts";

/** How this process is. */
export class ProcessFigures {
  readonly #loop: { readonly delay: LoopDelay | undefined };
  /** Wall-clock milliseconds since 1970. */
  readonly startedAt: number;

  constructor(loop: { readonly delay: LoopDelay | undefined }, clock: Clock) {
    this.#loop = loop;
    this.startedAt = clock.wallTime();
  }

  /** Undefined while no call has ended. */
  get loopDelay(): LoopDelay | undefined {
    return this.#loop.delay;
  }

  /** Its resident memory. */
  get rssBytes(): number {
    return process.memoryUsage.rss();
  }
}
