import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import { type Clock, sleep } from "../time/clock.ts";
import { abandonOnAbort, linkDeadline, linkSignal } from "../time/linked-signal.ts";
import { type Outcome, probeOutcomeOf } from "./outcome.ts";

/** Probes in a row that must be good before calls are let through. */
const GOOD_PROBES = 2;
const PROBE_LIMIT_MS = 5_000;
/** How long a call waits for the verdict, in ms. */
export const VERDICT_WAIT_MS = 1_000;

/** Finds out whether a backend answers again, by health probes of our own and one at a time, while calls wait for the verdict. */
export class Probation {
  readonly #clock: Clock;
  readonly #probe: (signal: Signal) => Promise<void>;
  readonly #life = new AbortController();
  readonly #ended: Promise<void>;
  #tell: () => void = () => undefined;

  constructor(clock: Clock, probe: (signal: Signal) => Promise<void>) {
    this.#clock = clock;
    this.#probe = probe;
    this.#ended = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  /** `ok` after two good probes, otherwise what the first other one said. Never rejects. */
  async run(): Promise<Outcome> {
    let outcome: Outcome = "ok";
    for (let probe = 0; probe < GOOD_PROBES && outcome === "ok"; probe += 1) outcome = await this.#probeOnce();
    return outcome;
  }

  /** Waits until it has ended, 1 s at most; rejects with the signal's reason. */
  async wait(signal: Signal): Promise<void> {
    using patience = linkSignal(signal);
    try {
      await Promise.race([this.#ended, sleep(this.#clock, VERDICT_WAIT_MS, patience.signal)]);
    } finally {
      patience.abort(undefined); // takes back the sleep's timer
    }
  }

  /** Tells everyone who waits to look again, and aborts a probe under way. */
  end(): void {
    this.#life.abort(new GatewayError("cancelled", "The health probe is no longer needed"));
    this.#tell();
  }

  async #probeOnce(): Promise<Outcome> {
    const late = () => new GatewayError("deadline_exceeded", "The health probe was not answered in time");
    using limit = linkDeadline(this.#clock, PROBE_LIMIT_MS, this.#life.signal, late);
    try {
      await abandonOnAbort(this.#probe(limit.signal), limit.signal);
      return "ok";
    } catch (reason) {
      return probeOutcomeOf(GatewayError.from(reason, limit.signal));
    }
  }
}
