import type { ErrorCode } from "../../model/errors.ts";

/** What the shell is told; documented in the README. */
export const EXIT = { ok: 0, internal: 1, usage: 2, config: 3, unavailable: 4, tool: 5, interrupted: 130 } as const;

const BY_CODE: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: EXIT.usage,
  not_found: EXIT.tool,
  needs_config: EXIT.config,
  permission_denied: EXIT.config,
  cancelled: EXIT.interrupted,
  deadline_exceeded: EXIT.unavailable,
  resource_exhausted: EXIT.unavailable,
  circuit_open: EXIT.unavailable,
  start_failed: EXIT.unavailable,
  unavailable: EXIT.unavailable,
  upstream_protocol: EXIT.unavailable,
  answer_over_limit: EXIT.tool,
  upstream_rejected: EXIT.tool,
  shutting_down: EXIT.unavailable,
  internal: EXIT.internal,
};

/** The exit code for a failure. */
export const exitCodeOf = (code: ErrorCode): number => BY_CODE[code];
