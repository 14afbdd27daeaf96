import type { GatewayError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { neutralise } from "../../model/neutralise-text.ts";

/** A failure as data: a stable code, who failed, whether and when to try again, and the next step. */
export const failureFacts = (error: GatewayError): JsonObject => ({
  code: error.code,
  message: error.message,
  ...(error.backend !== undefined && { server: error.backend }),
  outcome: error.outcome,
  retryable: error.traits.retry !== "never",
  ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  ...(error.hint !== undefined && { hint: error.hint }),
  ...(error.rpc !== undefined && { rpc: error.rpc }),
});

/** A failure as text a model can act on. */
export function failureText(error: GatewayError): string {
  const lines = [`${error.code}: ${error.message}`];
  if (error.rpc !== undefined) lines.push(`The server said: ${neutralise(error.rpc.message, { multiline: true })}`);
  if (error.outcome === "unknown") lines.push("Outcome unknown: the call may have run; verify before you repeat it");
  if (error.retryAfterMs !== undefined) lines.push(`Try again in ${error.retryAfterMs} ms`);
  if (error.hint !== undefined) lines.push(error.hint);
  return lines.join("\n");
}

/** Every failure but a malformed message leaves as an `isError` result: the model can repair the call. */
export const failureToResult = (error: GatewayError): JsonObject => ({
  content: [{ type: "text", text: failureText(error) }],
  structuredContent: { error: failureFacts(error) },
  isError: true,
});
