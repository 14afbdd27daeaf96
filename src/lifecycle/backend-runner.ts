import type { BackendSpec } from "../model/backend-spec.ts";
import type { BackendState, Running } from "../model/backend-state.ts";
import type { GatewayError } from "../model/errors.ts";
import type { StartStage } from "../model/ports.ts";
import type { Signal } from "../model/signal.ts";

export type StageListener = (stage: StartStage, detail?: string) => void;

/** What a failed use says about the backend: it answers, it kept us from an answer, or nothing. */
export type UseVerdict = "ok" | "fail" | "ignore";

export interface UseOptions {
  /** Hears of the stages of a start that this use waits for. */
  readonly onStage?: StageListener | undefined;
  /** What an error of this use says about the replica it came from; only its user knows how long that was silent. */
  readonly judge?: ((error: GatewayError) => UseVerdict) | undefined;
}

/** One of several replicas, as seen now. */
export interface ReplicaStanding {
  readonly state: BackendState;
  readonly inFlight: number;
  /** Passed over for a while, because it failed several times in a row. */
  readonly ejected: boolean;
}

/** A backend that runs and is neither idle-stopped nor closed by a drain until it is let go, once. */
export interface Held {
  readonly running: Running;
  release(): void;
  /** Looks at once whether a lost conversation was a death; undefined for an error that says enough. */
  explain(error: GatewayError): Promise<GatewayError> | undefined;
}

/** A backend that is started when it is used: one supervisor, or several replicas behind one door. */
export interface BackendRunner extends AsyncDisposable {
  readonly spec: BackendSpec;
  /** Of several replicas the state of the one that is nearest to serving. */
  readonly state: BackendState;
  /** Calls that hold the backend right now. */
  readonly inFlight: number;
  /** Undefined for a backend that has only one. */
  readonly replicas?: readonly ReplicaStanding[] | undefined;
  /** Whether a replica that is not known to fail can serve the next call, whatever became of this one. */
  readonly hasSpare?: boolean | undefined;
  /**
   * Runs `work` on the running backend, starting it first if need be. While it runs the backend is neither
   * idle-stopped nor closed by a drain. The start outlives a caller whose signal aborts.
   */
  use<T>(signal: Signal, work: (running: Running) => Promise<T>, options?: UseOptions): Promise<T>;
  /** Holds the backend if it runs right now, for callers that cannot wait for a promise; absent where one of several is chosen. */
  hold?(): Held | undefined;
  /** Starts the backend if it is not running; joins a start under way. */
  start(signal: Signal, onStage?: StageListener): Promise<Running>;
  /** Fetches what a start needs, such as an image, and starts nothing. */
  prepare(signal: Signal, onStage?: StageListener): Promise<void>;
  /** Takes no new calls, lets those in flight finish for up to `drainMs`, then closes connection and workload. */
  stop(): Promise<void>;
  /** Forgets failed starts, so that the next call tries at once. */
  reset(): void;
  /** Stops for good: later calls are refused. */
  [Symbol.asyncDispose](): Promise<void>;
}
