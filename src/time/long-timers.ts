/** What has to be called at its time, unless it is taken back. */
export class Alarm implements Disposable {
  readonly due: number;
  run: (() => void) | undefined;
  holds = true;
  readonly #timers: Pick<LongTimers<never>, "cancel" | "release">;

  constructor(timers: Pick<LongTimers<never>, "cancel" | "release">, due: number, run: () => void) {
    this.#timers = timers;
    this.due = due;
    this.run = run;
  }

  unref(): this {
    this.#timers.release(this);
    return this;
  }

  [Symbol.dispose](): void {
    this.#timers.cancel(this);
  }
}

/** A timer of the system that is to take longer rings at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Below this many dead alarms the pile is not cleared. */
const FEW_DEAD = 256;

/** The timer of the system, of which there is one at a time. */
export interface SystemTimers<T> {
  readonly now: () => number;
  readonly set: (run: () => void, ms: number) => T;
  readonly clear: (timer: T) => void;
}

/**
 * Many alarms behind one timer of the system. Node keeps a list for each duration, so that the deadline of a single call makes and
 * unmakes one; of deadlines hardly any is ever reached. Here taking one back is a mark, and the timer stays set for the earliest there
 * was. The alarms are a binary heap by their time (Williams 1964), in which a deadline is mostly the latest and is just added.
 */
export class LongTimers<T extends { ref(): void; unref(): void }> {
  readonly #system: SystemTimers<T>;
  #heap: Alarm[] = [];
  #dead = 0;
  /** Living alarms for which the process has to stay. */
  #holding = 0;
  #timer: T | undefined;
  #setFor = Number.POSITIVE_INFINITY;

  constructor(system: SystemTimers<T>) {
    this.#system = system;
  }

  /** Alarms that are kept, those taken back and not cleared away yet among them. */
  get kept(): number {
    return this.#heap.length;
  }

  /** Calls `run` once after `ms`; the process stays for it until `cancel` or `release`. */
  add(ms: number, run: () => void): Alarm {
    const alarm = new Alarm(this, this.#system.now() + ms, run);
    this.#push(alarm);
    this.#hold(1);
    if (alarm.due < this.#setFor) this.#set(alarm.due);
    return alarm;
  }

  /** Takes an alarm back; one that has been called or taken back is left as it is. */
  cancel(alarm: Alarm): void {
    if (!alarm.run) return;
    alarm.run = undefined;
    this.release(alarm);
    this.#dead += 1;
    if (this.#dead > FEW_DEAD && this.#dead > this.#heap.length / 2) this.#bury();
  }

  /** The process need not stay for it any more. */
  release(alarm: Alarm): void {
    if (alarm.holds) this.#hold(-1);
    alarm.holds = false;
  }

  #hold(more: 1 | -1): void {
    this.#holding += more;
    if (this.#holding === 0) this.#timer?.unref();
    else if (this.#holding === 1 && more === 1) this.#timer?.ref();
  }

  #set(due: number): void {
    if (this.#timer) this.#system.clear(this.#timer);
    this.#setFor = due;
    const ms = Math.ceil(due - this.#system.now());
    this.#timer = this.#system.set(() => this.#ring(), Math.min(Math.max(1, ms), LONGEST_TIMER_MS));
    if (this.#holding === 0) this.#timer.unref();
  }

  /** Calls all that are due; the others are called even if one throws. */
  #ring(): void {
    this.#setFor = Number.POSITIVE_INFINITY;
    this.#timer = undefined;
    try {
      const now = this.#system.now();
      for (let [first] = this.#heap; first && (!first.run || first.due <= now); [first] = this.#heap) {
        this.#pop();
        const { run } = first;
        if (!run) this.#dead -= 1;
        first.run = undefined;
        this.release(first);
        run?.();
      }
    } finally {
      const [next] = this.#heap;
      if (next && next.due < this.#setFor) this.#set(next.due);
    }
  }

  #push(alarm: Alarm): void {
    const heap = this.#heap;
    let at = heap.length;
    for (let up = (at - 1) >> 1; at > 0 && alarm.due < dueOf(heap[up]); up = (at - 1) >> 1) {
      heap[at] = heap[up] as Alarm;
      at = up;
    }
    heap[at] = alarm;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      if (dueOf(heap[down + 1]) < dueOf(heap[down])) down += 1;
      if (last.due <= dueOf(heap[down])) break;
      heap[at] = heap[down] as Alarm;
      at = down;
    }
    heap[at] = last;
  }

  /** A sorted list is a heap. */
  #bury(): void {
    this.#heap = this.#heap.filter(({ run }) => run).sort((one, other) => one.due - other.due);
    this.#dead = 0;
  }
}

const dueOf = (alarm: Alarm | undefined): number => alarm?.due ?? Number.POSITIVE_INFINITY;
