import type { BackendRunner, ReplicaStanding } from "../lifecycle/backend-runner.ts";
import type { BackendState } from "../model/backend-state.ts";
import type { JsonObject } from "../model/json.ts";
import { neutralise } from "../model/neutralise-text.ts";
import type { Traffic } from "../model/ports.ts";

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

/** How well connections are reused. */
export interface TrafficView extends Traffic {
  /** Requests that found a connection, from 0 to 1. */
  readonly reuseRate: number;
}

/** Of a backend spoken to over HTTP, since its last start; of all its replicas together. */
export function trafficOf({ state, replicas }: Pick<BackendRunner, "state" | "replicas">): Traffic | undefined {
  const all = (replicas?.map((standing) => standing.state) ?? [state]).flatMap((one) => runningOf(one)?.connection.traffic ?? []);
  if (all.length === 0) return undefined;
  const sum = (name: keyof Traffic) => all.reduce((total, traffic) => total + traffic[name], 0);
  return { requests: sum("requests"), connections: sum("connections") };
}

export function viewOfTraffic(runner: Pick<BackendRunner, "state" | "replicas">): TrafficView | undefined {
  const traffic = trafficOf(runner);
  if (!traffic || traffic.requests === 0) return undefined;
  const reused = Math.max(0, traffic.requests - traffic.connections);
  return { ...traffic, reuseRate: Math.round((10_000 * reused) / traffic.requests) / 10_000 };
}

const runningOf = (state: BackendState) => (state.name === "running" || state.name === "paused" ? state.running : undefined);

export function viewOfState(state: BackendState, now: number): StateView {
  const running = runningOf(state);
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
