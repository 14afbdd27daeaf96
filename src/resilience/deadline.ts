/** How long a start may add to a call before the caller is told: the default call (45 s) plus this stays under desktop hosts' 60 s. */
const START_ALLOWANCE_MS = 10_000;
/** No call lasts longer than this, whoever asks. */
const LONGEST_CALL_MS = 600_000;

export interface CallBudget {
  /** From receipt of the request to its answer, queue and start included. */
  readonly totalMs: number;
  /** From sending the request to the backend's answer. */
  readonly sendMs: number;
}

/** The least of what the caller asks, the tool's override or the backend's default, and the hard maximum. */
export function callBudget(backendMs: number, toolMs: number | undefined, requestMs: number | undefined): CallBudget {
  const sendMs = Math.min(toolMs ?? backendMs, requestMs ?? Number.POSITIVE_INFINITY, LONGEST_CALL_MS);
  const totalMs = Math.min(requestMs ?? Number.POSITIVE_INFINITY, sendMs + START_ALLOWANCE_MS, LONGEST_CALL_MS);
  return { totalMs, sendMs };
}
