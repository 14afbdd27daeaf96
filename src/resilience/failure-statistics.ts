import { EventEmitter } from "node:events";
import Opossum from "opossum";
import type { Clock } from "../time/clock.ts";

const BUCKETS = 10;
const BUCKET_MS = 1_000;
const MIN_OUTCOMES = 5;
const MAX_STREAK = 5;
/** opossum trips only above its percentage; ours trips at 50. */
const JUST_BELOW_HALF = 50 - 1e-6;

const FAILED = new Error("fed as a failure");

/**
 * Decides when a closed circuit trips: on a failure that makes at least 5 outcomes with at least 50 % failures in the last
 * 10 s, or 5 failures in a row. Counting is opossum's; it is told outcomes at completion and wraps no call. It lives for one
 * closed period: what comes next starts from a clean window. No timer runs: the window turns when something is recorded.
 */
export class FailureStatistics implements Disposable {
  readonly #clock: Clock;
  readonly #turn = new EventEmitter();
  readonly #circuit: Opossum<[], void>;
  #turnedAt: number;
  #streak = 0;

  /** `onTrip` is called at most once, within the `record` that trips it. */
  constructor(clock: Clock, onTrip: () => void) {
    this.#clock = clock;
    this.#turnedAt = clock.now();
    this.#circuit = new Opossum(fail, {
      timeout: false,
      volumeThreshold: MIN_OUTCOMES,
      errorThresholdPercentage: JUST_BELOW_HALF,
      rollingCountBuckets: BUCKETS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#turn, // without it opossum turns the window with an interval of its own
    });
    this.#circuit.on("open", () => {
      this.#circuit.shutdown(); // takes back the timer opossum has just set, which our clock does not rule
      onTrip();
    });
  }

  record(outcome: "ok" | "fail"): void {
    if (this.#circuit.isShutdown) return;
    this.#turnWindow();
    if (outcome === "ok") this.#countAnswer();
    else this.#countFailure();
  }

  [Symbol.dispose](): void {
    this.#circuit.shutdown();
  }

  /** With the events opossum counts by: firing it costs a call fifty times as much, and does no more while it is closed. */
  #countAnswer(): void {
    this.#streak = 0;
    this.#circuit.emit("fire");
    this.#circuit.emit("success");
  }

  #countFailure(): void {
    this.#streak += 1;
    this.#circuit.fire().catch(() => undefined); // the failure coming back
    if (this.#streak >= MAX_STREAK && this.#circuit.closed) this.#circuit.open();
  }

  #turnWindow(): void {
    const due = Math.floor((this.#clock.now() - this.#turnedAt) / BUCKET_MS);
    this.#turnedAt += due * BUCKET_MS;
    for (let turn = Math.min(due, BUCKETS); turn > 0; turn -= 1) this.#turn.emit("rotate");
  }
}

/** What opossum fires. It throws rather than rejects, because opossum counts what is thrown before `fire` returns. */
function fail(): Promise<void> {
  throw FAILED;
}
