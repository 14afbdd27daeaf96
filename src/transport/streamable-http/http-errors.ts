import { errors } from "undici";
import { GatewayError } from "../../model/errors.ts";
import { answerOverLimit } from "../answer-over-limit.ts";
import { tlsFault } from "./tls-faults.ts";

const PROTOCOL_CODES: ReadonlySet<string> = new Set([
  "UND_ERR_HEADERS_OVERFLOW",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  "UND_ERR_RES_EXCEEDED_MAX_SIZE",
]);
/** The code of a connection that is refused because its host name leads to a link-local address. */
export const LINK_LOCAL_CODE = "LINK_LOCAL_ADDRESS";

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "connection reset"],
  ["EPIPE", "connection closed while sending"],
  ["ENOTFOUND", "host name not found"],
  ["EAI_AGAIN", "host name not found for now"],
  ["EHOSTUNREACH", "no route to the host"],
  ["ENETUNREACH", "no route to the network"],
  ["ENOENT", "socket file not found"],
  ["EACCES", "no permission to open the socket"],
  [LINK_LOCAL_CODE, "host name leads to a link-local address"],
  ["UND_ERR_CONNECT_TIMEOUT", "no connection in time"],
  ["UND_ERR_SOCKET", "connection closed before the answer was complete"],
]);

/** Whether the request may have reached the backend when its connection failed. */
export type Written = "never" | "perhaps";

/** Translates what undici throws, at the only place where it enters; a GatewayError passes unchanged. */
export function fromHttpError(error: unknown, backend: string, written: Written): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error);
  const outcome = written === "never" ? "not_executed" : "unknown";
  if (code === "UND_ERR_INVALID_ARG")
    return new GatewayError("needs_config", `Cannot send a request to "${backend}": a header holds characters HTTP forbids`, {
      backend,
      cause: error,
      hint: `Check the headers of "${backend}" in the registry`,
    });
  if (PROTOCOL_CODES.has(code) || error instanceof errors.HTTPParserError)
    return new GatewayError("upstream_protocol", `Cannot read the answer of "${backend}": it is not valid HTTP`, {
      backend,
      cause: error,
    });
  const verb = written === "never" ? "reach" : "get an answer of";
  const fault = tlsFault(code);
  const unnamed = code === "" ? "connection failed" : `connection failed with ${code}`;
  const reason = fault?.reason ?? REASONS.get(code) ?? unnamed;
  return new GatewayError("unavailable", `Cannot ${verb} "${backend}": ${reason}`, {
    backend,
    outcome,
    hint: fault?.hint,
    cause: error,
  });
}

/** An answer that breaks the protocol, as `upstream_protocol`; `detail` completes "Cannot read the answer of X: it …". */
export const brokenAnswer = (backend: string, detail: string, cause?: unknown): GatewayError =>
  new GatewayError("upstream_protocol", `Cannot read the answer of "${backend}": it ${detail}`, { backend, cause });

/** The error for a message that is larger than its limit, in bytes. */
export const tooLarge = (backend: string, limit: number): GatewayError =>
  answerOverLimit(`it is larger than ${Math.round(limit / 2 ** 20)} MiB`, backend);

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^\w+$/.test(code) ? code : "";
}
