import { GatewayError, type RpcErrorObject } from "../../model/errors.ts";
import { INTERNAL_ERROR } from "../../wire/json-rpc.ts";
import { failureFacts } from "./failure-to-result.ts";

/** What a request is told that was not answered in the time a shutdown gives it; a call of a tool may have run. */
export function abandoned(method: string): RpcErrorObject {
  const mayHaveRun = method === "tools/call";
  const error = new GatewayError("shutting_down", "Request abandoned: the gateway is shutting down", {
    outcome: mayHaveRun ? "unknown" : "not_executed",
    ...(mayHaveRun && { hint: "The call may have run: verify its effect before you repeat it" }),
  });
  const message = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
  return { code: INTERNAL_ERROR, message, data: failureFacts(error) };
}
