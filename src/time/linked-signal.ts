import { GatewayError } from "../model/errors.ts";
import type { AbortListener, Signal } from "../model/signal.ts";
import type { Clock, Timer } from "./clock.ts";

/** More than a busy loop delays a timer. */
const LATE_MS = 100;

/**
 * A signal with an owner, who may abort it; it also aborts with its parent, until it is disposed of. Not an AbortSignal: four of
 * those and their listeners cost a call more than its hop does. For what asks for one there is `nativeSignal`.
 */
export class LinkedSignal implements Signal, Disposable {
  readonly #parent: Signal | undefined;
  /** Mostly there is but one: an array comes with the second. */
  #first: AbortListener | undefined;
  #others: AbortListener[] | undefined;
  #native: AbortController | undefined;
  #timer: Timer | undefined;
  #aborted = false;
  #reason: unknown;

  constructor(parent?: Signal) {
    this.#parent = parent;
    if (parent?.aborted) this.abort(parent.reason);
    else parent?.addEventListener("abort", this, ONCE);
  }

  /** What is handed to the work. */
  get signal(): Signal {
    return this;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** The same as an AbortSignal. */
  get native(): AbortSignal {
    if (!this.#native) {
      this.#native = new AbortController();
      if (this.#aborted) this.#native.abort(this.#reason);
    }
    return this.#native.signal;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  addEventListener(_type: "abort", listener: AbortListener): void {
    if (this.#aborted) return; // as an AbortSignal: whoever comes too late is not told
    const others = this.#others;
    if (this.#first === listener || others?.includes(listener)) return;
    if (others) others.push(listener);
    else if (this.#first) this.#others = [listener];
    else this.#first = listener;
  }

  removeEventListener(_type: "abort", listener: AbortListener): void {
    if (this.#first === listener) {
      this.#first = this.#others?.shift(); // they are told in the order in which they came
      if (this.#others?.length === 0) this.#others = undefined;
      return;
    }
    const at = this.#others?.lastIndexOf(listener) ?? -1;
    if (at >= 0) this.#others?.splice(at, 1);
  }

  /** Aborts it, and tells everyone who listens; the first reason stands. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason ?? new DOMException("This operation was aborted", "AbortError");
    const [first, others] = [this.#first, this.#others];
    this.#first = this.#others = undefined;
    this.#native?.abort(this.#reason);
    if (first) tell(first);
    for (const listener of others ?? []) tell(listener);
  }

  /**
   * Aborts it after `ms`, with the error `expired` makes. A timer that comes late, since the process got no CPU, first lets what
   * has arrived meanwhile be read: the answer may be among it.
   */
  expireAfter(clock: Clock, ms: number, expired: () => GatewayError, now: number = clock.now()): this {
    const due = now + ms;
    this.#timer = clock.after(ms, () => {
      if (clock.now() - due < LATE_MS) this.abort(expired());
      else setImmediate(() => this.#timer && this.abort(expired()));
    });
    return this;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#parent?.removeEventListener("abort", this);
  }

  /** Its parent has aborted. */
  handleEvent(): void {
    this.abort(this.#parent?.reason);
  }
}

const ONCE = { once: true } as const;

/** As an AbortSignal does: what one listener throws is an uncaught error of the process, and the next one hears all the same. */
function tell(listener: AbortListener): void {
  try {
    if (typeof listener === "function") listener();
    else listener.handleEvent();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** A signal that aborts with its parent, or by itself. */
export const linkSignal = (parent: Signal | undefined): LinkedSignal => new LinkedSignal(parent);

/** A linked signal that also aborts after `ms`, with the error `expired` makes; whoever has just read the clock says what it told. */
export const linkDeadline = (
  clock: Clock,
  ms: number,
  parent: Signal | undefined,
  expired: () => GatewayError,
  now: number = clock.now(),
): LinkedSignal => new LinkedSignal(parent).expireAfter(clock, ms, expired, now);

/** The signal as an AbortSignal, for code that is not ours. */
export function nativeSignal(signal: Signal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  return signal instanceof LinkedSignal ? signal.native : new LinkedSignal(signal).native;
}

/** Waits for `work` only as long as the signal lasts; the work itself goes on, its late failure is nobody's. */
export function abandonOnAbort<T>(work: Promise<T>, signal: Signal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(GatewayError.from(signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
