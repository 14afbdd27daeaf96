import type { Clock, Timer } from "../../time/clock.ts";

const HANDOVER_MS = 2_000;
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** The signals that end the gateway. */
export type StopSignal = (typeof SIGNALS)[number];

/** Where stop signals come from; `process` is one. */
export interface SignalSource {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
}

/** The stages of ending a conversation, in their order. */
export interface ShutdownSteps {
  /** Begins no more calls. */
  readonly stopIntake: () => void;
  /** Resolves when the requests in flight are answered. */
  readonly settled: () => Promise<void>;
  /** Ends the conversation; what is still in flight is abandoned. */
  readonly close: () => Promise<void>;
  /** Releases what stands behind the conversation. */
  readonly drain: () => Promise<void>;
  /** Resolves when the host has been handed every byte. */
  readonly flush: () => Promise<void>;
}

export interface ShutdownOptions {
  readonly clock: Clock;
  /** How long requests in flight may take to finish; 2 s later everything ends, finished or not. */
  readonly drainMs: number;
  readonly signals: SignalSource;
  readonly steps: ShutdownSteps;
  readonly onProblem: (error: unknown) => void;
}

/**
 * Ends a conversation once, however many reasons there are to. The first signal starts it, or cuts the wait for requests short
 * when the host is leaving already; the second signal ends it at once.
 */
export class Shutdown {
  /** Resolves with the exit code: 0, or 130 (SIGINT) or 143 when a second signal came. */
  readonly exitCode: Promise<number>;
  readonly #options: ShutdownOptions;
  readonly #resolve: (code: number) => void;
  readonly #hurried: Promise<void>;
  readonly #hurry: () => void;
  #timers: Timer[] = [];
  #begun = false;
  #signalled = false;

  constructor(options: ShutdownOptions) {
    this.#options = options;
    const end = settlable<number>();
    const hurry = settlable<void>();
    this.exitCode = end.promise;
    this.#resolve = end.resolve;
    this.#hurried = hurry.promise;
    this.#hurry = hurry.resolve;
    for (const signal of SIGNALS) options.signals.on(signal, this.#onSignal);
  }

  /** Lets requests in flight finish first. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    const { clock, drainMs } = this.#options;
    this.#timers = [clock.after(drainMs, this.#hurry), clock.after(drainMs + HANDOVER_MS, () => this.#end(0))];
    void this.#run(); // it reports its own failures
  }

  /** Abandons requests in flight. */
  beginAtOnce(): void {
    this.#hurry();
    this.begin();
  }

  readonly #onSignal = (signal: StopSignal): void => {
    if (this.#signalled) {
      this.#end(signal === "SIGINT" ? 130 : 143);
      return;
    }
    this.#signalled = true;
    if (this.#begun) this.#hurry();
    this.#options.steps.stopIntake();
    this.begin();
  };

  async #run(): Promise<void> {
    const { settled, close, drain, flush } = this.#options.steps;
    await this.#attempt(() => Promise.race([settled(), this.#hurried]));
    for (const step of [close, drain, flush]) await this.#attempt(step);
    this.#end(0);
  }

  /** A stage that fails must not keep the next one from its turn. */
  async #attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#options.onProblem(error);
    }
  }

  #end(code: number): void {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    for (const signal of SIGNALS) this.#options.signals.off(signal, this.#onSignal);
    this.#resolve(code);
  }
}

function settlable<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
