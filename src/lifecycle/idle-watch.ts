import type { Clock, Timer } from "../time/clock.ts";

/** What happens once nobody has held a backend for `afterMs`; 0 means never. */
export interface IdleStage {
  readonly afterMs: number;
  readonly run: () => void;
}

/**
 * Counts who holds a backend, and runs each stage once nobody has for its time. A hold touches no timer: the one that is armed
 * finds out by itself that it came too early.
 */
export class IdleWatch implements Disposable {
  readonly #clock: Clock;
  /** The soonest first. */
  readonly #stages: readonly IdleStage[];
  #holders = 0;
  /** Since when nobody holds it; undefined while it does not count as idle. */
  #since: number | undefined;
  /** Which stage comes next in this idle time. */
  #next = 0;
  #timer: Timer | undefined;
  #firesAt = Number.POSITIVE_INFINITY;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, stages: readonly IdleStage[]) {
    this.#clock = clock;
    this.#stages = stages.filter(({ afterMs }) => afterMs > 0).sort((a, b) => a.afterMs - b.afterMs);
  }

  get holders(): number {
    return this.#holders;
  }

  /** Keeps the backend from being idle until it is released. */
  hold(): void {
    this.#holders += 1;
    this.#since = undefined;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    if (this.#waiting.length > 0) for (const resolve of this.#waiting.splice(0)) resolve();
    this.touch();
  }

  /** Begins to count idle time anew if nobody holds the backend. */
  touch(): void {
    if (this.#holders > 0) return;
    this.#since = this.#clock.now();
    this.#next = 0;
    if (this.#firesAt > this.#since + (this.#stages[0]?.afterMs ?? 0)) this.#arm(); // else it will look in time
  }

  /** Resolves when nobody holds the backend, or after `limitMs`. */
  async whenFree(limitMs: number): Promise<void> {
    this.#disarm();
    if (this.#holders === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(limitMs, resolve);
      this.#waiting.push(() => {
        timer[Symbol.dispose]();
        resolve();
      });
    });
  }

  [Symbol.dispose](): void {
    this.#disarm();
  }

  /** Sets the timer for the next stage; while somebody holds the backend none is needed. */
  #arm(): void {
    const stage = this.#stages[this.#next];
    if (this.#since === undefined || !stage) return;
    this.#timer?.[Symbol.dispose]();
    this.#firesAt = this.#since + stage.afterMs;
    this.#timer = this.#clock.after(this.#firesAt - this.#clock.now(), () => this.#look()).unref();
  }

  #look(): void {
    this.#forgetTimer();
    const stage = this.#stages[this.#next];
    const isDue = stage && this.#since !== undefined && this.#clock.now() >= this.#since + stage.afterMs;
    if (isDue) {
      this.#next += 1;
      stage.run();
    }
    if (!this.#timer) this.#arm(); // else the stage itself has had it touched
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#forgetTimer();
    this.#since = undefined;
  }

  #forgetTimer(): void {
    this.#timer = undefined;
    this.#firesAt = Number.POSITIVE_INFINITY;
  }
}
