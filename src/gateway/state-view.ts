import type { ReplicaStanding } from "../lifecycle/backend-runner.ts";
import type { BackendState } from "../model/backend-state.ts";
import type { JsonObject } from "../model/json.ts";
import { neutralise } from "../model/neutralise-text.ts";

/** What a state of a backend, or of one of its replicas, has to tell. */
export interface StateView {
  /** Why it failed, and in how many ms it may be started again. */
  readonly error: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly era: string | undefined;
  /** Lines on its stdout that were no JSON-RPC. */
  readonly strayLines: number | undefined;
  readonly facts: JsonObject | undefined;
  readonly log: readonly string[];
}

/** One of several replicas as `status` shows it. */
export interface ReplicaView extends StateView {
  /** Counted from 0, as its address in `urls` is. */
  readonly replica: number;
  readonly state: BackendState["name"];
  readonly inFlight: number;
  /** Gets no calls for a while, because it failed several times in a row. */
  readonly ejected: boolean;
}

export function viewOfState(state: BackendState, now: number): StateView {
  const running = state.name === "running" || state.name === "paused" ? state.running : undefined;
  return {
    error: state.name === "failed" ? neutralise(state.error.message, { multiline: true }) : undefined,
    retryAfterMs: state.name === "failed" ? Math.max(0, Math.ceil(state.retryAt - now)) : undefined,
    era: running?.connection.era,
    strayLines: running?.connection.strayLines,
    facts: running?.workload.facts,
    log: (running?.workload.logTail() ?? []).map((line) => neutralise(line, { multiline: false })),
  };
}

export const viewOfReplica = ({ state, inFlight, ejected }: ReplicaStanding, replica: number, now: number): ReplicaView => ({
  replica,
  state: state.name,
  inFlight,
  ejected,
  ...viewOfState(state, now),
});
