import { ProtocolError, SdkError, SdkErrorCode } from "@modelcontextprotocol/client";
import { type ErrorContext, GatewayError, type RpcErrorObject } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";

/**
 * Translates what the SDK throws, at the only place where it enters. An aborted signal's own reason comes first; a
 * GatewayError that a transport of ours made is dug out of whatever the SDK wrapped around it.
 */
export function fromSdkError(error: unknown, backend: string, signal?: Signal): GatewayError {
  if (signal?.aborted) return GatewayError.from(signal.reason);
  const own = gatewayErrorIn(error);
  if (own) return own.with({ backend });
  if (error instanceof ProtocolError) return rejected(backend, error);
  if (error instanceof SdkError) return fromCode(error, backend);
  return broken(backend, "the SDK could not use it", error);
}

/** The GatewayError inside an SDK error: itself, its cause, or the data of an answer that could not be read. */
function gatewayErrorIn(error: unknown): GatewayError | undefined {
  if (error instanceof GatewayError) return error;
  if (error instanceof ProtocolError) return error.data instanceof GatewayError ? error.data : undefined;
  return error instanceof SdkError && error.cause !== undefined ? gatewayErrorIn(error.cause) : undefined;
}

/** JSON-RPC errors that refuse a request before anything has run; any other may come from a tool that broke halfway. */
const BEFORE_IT_RAN: ReadonlySet<number> = new Set([-32_700, -32_600, -32_601, -32_602, -32_002, -32_020, -32_021, -32_022]);

function rejected(backend: string, error: ProtocolError): GatewayError {
  const rpc: RpcErrorObject = { code: error.code, message: error.message, ...(error.data !== undefined && { data: error.data }) };
  return new GatewayError("upstream_rejected", `Cannot get a result of "${backend}": it answered with error ${error.code}`, {
    backend,
    rpc,
    outcome: BEFORE_IT_RAN.has(error.code) ? "not_executed" : "unknown",
    cause: error,
  });
}

function fromCode(error: SdkError, backend: string): GatewayError {
  const facts: ErrorContext = { backend, cause: error };
  switch (error.code) {
    case SdkErrorCode.ConnectionClosed:
      return new GatewayError(
        "unavailable",
        `Cannot get a result of "${backend}": its connection closed before it answered`,
        facts,
      );
    case SdkErrorCode.EraNegotiationFailed:
      return new GatewayError(
        "unavailable",
        `Cannot connect to "${backend}": it closed the connection during the handshake`,
        facts,
      );
    case SdkErrorCode.RequestTimeout:
      return new GatewayError("deadline_exceeded", `Cannot get a result of "${backend}": it did not answer in time`, facts);
    case SdkErrorCode.MethodNotSupportedByProtocolVersion:
      return new GatewayError("upstream_rejected", `Cannot call "${backend}": its protocol revision has no such method`, facts);
    default:
      return broken(backend, "it does not follow the protocol", error);
  }
}

const broken = (backend: string, why: string, cause: unknown): GatewayError =>
  new GatewayError("upstream_protocol", `Cannot use the answer of "${backend}": ${why}`, { backend, cause });
