import type { Signal } from "./signal.ts";

/** Who caused a failure, as seen from the gateway. */
export type ErrorSource = "downstream" | "gateway" | "runtime" | "upstream";

/** Whether the same call may be sent again, and by whom. */
export type Retry = "never" | "unsent" | "later";

/** What is known about the effect of a failed call: it never ran, it ran, or nobody can tell. */
export type CallOutcome = "not_executed" | "unknown" | "executed";

interface CodeTraits {
  readonly source: ErrorSource;
  readonly retry: Retry;
  /** What the circuit breaker makes of it; `resilience/outcome.ts` refines the neutral ones. */
  readonly breaker: "failure" | "neutral";
}

/**
 * Every way a call can fail, in one table. A new code is one new row; the compiler then points at every
 * `switch` that has to know about it.
 */
const CODES = {
  invalid_argument: { source: "downstream", retry: "never", breaker: "neutral" },
  not_found: { source: "downstream", retry: "never", breaker: "neutral" },
  needs_config: { source: "downstream", retry: "never", breaker: "neutral" },
  permission_denied: { source: "gateway", retry: "never", breaker: "neutral" },
  cancelled: { source: "downstream", retry: "never", breaker: "neutral" },
  deadline_exceeded: { source: "upstream", retry: "later", breaker: "failure" },
  resource_exhausted: { source: "gateway", retry: "later", breaker: "neutral" },
  circuit_open: { source: "gateway", retry: "later", breaker: "neutral" },
  start_failed: { source: "runtime", retry: "later", breaker: "failure" },
  unavailable: { source: "upstream", retry: "unsent", breaker: "failure" },
  upstream_protocol: { source: "upstream", retry: "never", breaker: "failure" },
  answer_over_limit: { source: "upstream", retry: "never", breaker: "neutral" },
  upstream_rejected: { source: "upstream", retry: "never", breaker: "neutral" },
  shutting_down: { source: "gateway", retry: "later", breaker: "neutral" },
  internal: { source: "gateway", retry: "never", breaker: "neutral" },
} as const satisfies Record<string, CodeTraits>;

export type ErrorCode = keyof typeof CODES;

/** A JSON-RPC error object as a backend sent it. */
export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface ErrorContext {
  readonly backend?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Default: `not_executed` for causes that precede sending, `unknown` otherwise. */
  readonly outcome?: CallOutcome | undefined;
  /** The next step for whoever reads the error, one sentence without a full stop. */
  readonly hint?: string | undefined;
  /** HTTP status of the backend's answer, where there was one. */
  readonly httpStatus?: number | undefined;
  /** The backend's JSON-RPC error, for `upstream_rejected`. */
  readonly rpc?: RpcErrorObject | undefined;
  readonly cause?: unknown;
}

/** The only error class that crosses a folder boundary. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: ErrorCode;
  readonly backend: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly outcome: CallOutcome;
  readonly hint: string | undefined;
  readonly httpStatus: number | undefined;
  readonly rpc: RpcErrorObject | undefined;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.backend = context.backend;
    this.retryAfterMs = context.retryAfterMs;
    this.outcome = context.outcome ?? defaultOutcome(code);
    this.hint = context.hint;
    this.httpStatus = context.httpStatus;
    this.rpc = context.rpc;
  }

  get traits(): CodeTraits {
    return CODES[this.code];
  }

  /** The same error with facts that were not known where it was made; facts it already has win. */
  with(context: ErrorContext): GatewayError {
    return new GatewayError(this.code, this.message, {
      backend: this.backend ?? context.backend,
      retryAfterMs: this.retryAfterMs ?? context.retryAfterMs,
      outcome: this.outcome,
      hint: this.hint ?? context.hint,
      httpStatus: this.httpStatus ?? context.httpStatus,
      rpc: this.rpc ?? context.rpc,
      cause: this.cause,
    });
  }

  /** Turns whatever was thrown into a GatewayError; an abort becomes the abort's own reason. */
  static from(reason: unknown, signal?: Signal): GatewayError {
    const cause: unknown = signal?.aborted ? signal.reason : reason;
    if (cause instanceof GatewayError) return cause;
    if (cause instanceof Error && cause.name === "AbortError") return new GatewayError("cancelled", "Call cancelled", { cause });
    return new GatewayError("internal", cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function defaultOutcome(code: ErrorCode): CallOutcome {
  switch (code) {
    case "deadline_exceeded":
    case "cancelled":
    case "unavailable":
    case "upstream_protocol":
    case "answer_over_limit":
    case "internal":
      return "unknown";
    default:
      return "not_executed";
  }
}
