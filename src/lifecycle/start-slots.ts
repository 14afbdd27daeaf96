import type { Signal } from "../model/signal.ts";
import { abandonOnAbort } from "../time/linked-signal.ts";

/** Bounds how many starts run at the same time; the others wait in order. */
export class StartSlots {
  #free: number;
  readonly #waiting = new Set<(slot: Disposable) => void>();

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Waits for a slot; one who aborts leaves the queue at once. */
  async take(signal: Signal): Promise<Disposable> {
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#slot();
    }
    let admit: (slot: Disposable) => void = () => undefined;
    const turn = new Promise<Disposable>((resolve) => {
      admit = resolve;
    });
    this.#waiting.add(admit);
    try {
      return await abandonOnAbort(turn, signal);
    } finally {
      this.#waiting.delete(admit);
    }
  }

  #slot(): Disposable {
    let open = true;
    return {
      [Symbol.dispose]: () => {
        if (!open) return;
        open = false;
        this.#passOn();
      },
    };
  }

  #passOn(): void {
    const next = this.#waiting.values().next().value;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next(this.#slot());
  }
}
