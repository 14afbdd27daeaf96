import type { BackendState } from "../model/backend-state.ts";

/**
 * How near a replica is to serving a call: it runs; it can be started; there are reasons against it (ejected, or being
 * stopped); its next start has to wait. The nearest first.
 */
export const READINESS = ["ready", "startable", "doubtful", "waiting"] as const;

export type Readiness = (typeof READINESS)[number];

export function readinessOf(state: BackendState, ejected: boolean, now: number): Readiness {
  if (state.name === "failed" && state.retryAt > now) return "waiting";
  if (ejected || state.name === "draining") return "doubtful";
  return state.name === "running" || state.name === "paused" ? "ready" : "startable";
}

const NEARNESS: readonly BackendState["name"][] = ["running", "paused", "starting", "stopped", "draining", "failed"];

/** Of two states the one that says more about when the next call is served. */
export function nearer(a: BackendState, b: BackendState): BackendState {
  if (a.name === "failed" && b.name === "failed") return b.retryAt < a.retryAt ? b : a;
  return NEARNESS.indexOf(b.name) < NEARNESS.indexOf(a.name) ? b : a;
}
