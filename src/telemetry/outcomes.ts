import type { CallRecord } from "../model/ports.ts";

/** Whether the server answered, be it with `isError`. */
export const isAnswer = (code: CallRecord["code"]): boolean => code === "ok" || code === "tool_error";

/** What an end of a call says about its server: a good end, a bad one, or nothing since its caller is the cause. */
export const VERDICTS = {
  ok: "good",
  tool_error: "good",
  deadline_exceeded: "bad",
  resource_exhausted: "bad",
  circuit_open: "bad",
  start_failed: "bad",
  unavailable: "bad",
  upstream_protocol: "bad",
  answer_over_limit: "none",
  upstream_rejected: "bad",
  internal: "bad",
  invalid_argument: "none",
  not_found: "none",
  needs_config: "none",
  permission_denied: "none",
  cancelled: "none",
  shutting_down: "none",
} as const satisfies Record<CallRecord["code"], "good" | "bad" | "none">;
