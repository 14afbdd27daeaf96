import type { Clock, Timer } from "../time/clock.ts";

/** What happens once nobody has held a backend for `afterMs`; 0 means never. */
export interface IdleStage {
  readonly afterMs: number;
  readonly run: () => void;
}

/** Counts who holds a backend, and runs each stage once nobody has for its time. */
export class IdleWatch implements Disposable {
  readonly #clock: Clock;
  readonly #stages: readonly IdleStage[];
  #holders = 0;
  #timers: Timer[] = [];
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, stages: readonly IdleStage[]) {
    this.#clock = clock;
    this.#stages = stages.filter(({ afterMs }) => afterMs > 0);
  }

  get holders(): number {
    return this.#holders;
  }

  /** Keeps the backend from being idle until the hold is disposed. */
  hold(): Disposable {
    this.#holders += 1;
    this.#disarm();
    return { [Symbol.dispose]: () => this.#release() };
  }

  /** Begins to count idle time anew if nobody holds the backend. */
  touch(): void {
    this.#disarm();
    if (this.#holders > 0) return;
    this.#timers = this.#stages.map(({ afterMs, run }) => this.#clock.after(afterMs, run).unref());
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

  #release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.touch();
  }

  #disarm(): void {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers = [];
  }
}
