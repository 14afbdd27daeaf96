import type { BackendSpec } from "../model/backend-spec.ts";
import { type ErrorCode, type ErrorContext, GatewayError } from "../model/errors.ts";
import type { Workload } from "../model/ports.ts";
import { formatMs } from "../model/units.ts";
import { logLines } from "./readiness.ts";

/** Causes that keep their own code; everything else that keeps a backend from starting is `start_failed`. */
const KEEP: ReadonlySet<ErrorCode> = new Set(["needs_config", "shutting_down"]);

/** The facts of an error that another one takes over. */
export const contextOf = ({ retryAfterMs, hint, httpStatus, rpc }: GatewayError): ErrorContext => ({
  retryAfterMs,
  hint,
  httpStatus,
  rpc,
});

export const startTimedOut = (spec: BackendSpec): GatewayError =>
  new GatewayError("deadline_exceeded", `Cannot start "${spec.id}": no MCP answer within ${formatMs(spec.startTimeoutMs)}`, {
    backend: spec.id,
    outcome: "not_executed",
    hint: "Check its log with status, or raise startTimeoutMs in the registry",
  });

/** A failed start, in the name of the backend and with a next step. */
export function cannotStart(spec: BackendSpec, cause: GatewayError): GatewayError {
  const code = KEEP.has(cause.code) ? cause.code : "start_failed";
  const message = cause.message.includes(`"${spec.id}"`) ? cause.message : `Cannot start "${spec.id}": ${cause.message}`;
  const hint = cause.hint ?? "Call status with this server for its log; manage with action reset lets the next call try at once";
  return new GatewayError(code, message, { ...contextOf(cause), hint, backend: spec.id, outcome: "not_executed", cause });
}

/** Why a call lost its backend, with what is known of the call itself. */
export const hasDied = (spec: BackendSpec, reason: string, cause: GatewayError): GatewayError =>
  new GatewayError("unavailable", `"${spec.id}" is gone: ${reason}`, {
    ...contextOf(cause),
    backend: spec.id,
    outcome: cause.outcome,
    cause,
  });

/** Why a backend that keeps dying is not started at once. */
export const diedSoon = (spec: BackendSpec, workload: Workload, reason: string, livedMs: number): GatewayError =>
  new GatewayError("start_failed", `"${spec.id}" ${reason} after ${formatMs(livedMs)}${logLines(workload)}`, {
    backend: spec.id,
    hint: "Call status with this server for its log",
  });

export const stoppedForGood = (spec: BackendSpec): GatewayError =>
  new GatewayError("shutting_down", `"${spec.id}" is being stopped and takes no new calls`, { backend: spec.id });

/** For those who waited for a start that somebody else stopped: they have cancelled nothing, and may try again. */
export const startStopped = (spec: BackendSpec): GatewayError =>
  new GatewayError("shutting_down", `"${spec.id}" was stopped while it was starting`, { backend: spec.id });
