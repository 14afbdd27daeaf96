import { GatewayError } from "../model/errors.ts";

/** The same failure for a call that cannot have run, because it was never sent or was sent back unread. */
export function notExecuted(error: GatewayError): GatewayError {
  const { code, message, backend, retryAfterMs, hint, httpStatus, rpc, cause } = error;
  return new GatewayError(code, message, { backend, retryAfterMs, hint, httpStatus, rpc, cause, outcome: "not_executed" });
}
