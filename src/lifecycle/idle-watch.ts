import type { Clock, Timer } from "../time/clock.ts";

/** Counts who holds a backend and calls `onIdle` once nobody has for `idleMs`. */
export class IdleWatch implements Disposable {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #holders = 0;
  #timer: Timer | undefined;
  #waiting: (() => void)[] = [];

  /** `idleMs` of 0 means never. */
  constructor(clock: Clock, idleMs: number, onIdle: () => void) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
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

  /** Begins to count idle time if nobody holds the backend. */
  touch(): void {
    this.#disarm();
    if (this.#holders === 0 && this.#idleMs > 0) this.#timer = this.#clock.after(this.#idleMs, this.#onIdle).unref();
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
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
