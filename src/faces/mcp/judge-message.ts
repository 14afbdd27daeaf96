import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import type { RpcErrorObject } from "../../model/errors.ts";
import {
  errorResponse,
  INVALID_PARAMS,
  INVALID_REQUEST,
  type ParsedMessage,
  type RequestId,
  type RpcErrorResponse,
  type RpcRequest,
} from "../../wire/json-rpc.ts";
import { guardVersion } from "./version-guard.ts";
import { isWellFormedNotification, isWellFormedRequest, isWellFormedResponse } from "./well-formed.ts";

/** What becomes of one message of the host. */
export type Verdict =
  | { readonly kind: "deliver"; readonly message: JSONRPCMessage }
  | { readonly kind: "answer"; readonly response: RpcErrorResponse }
  | { readonly kind: "ignore"; readonly reason: string };

/** Decides what the SDK may see; whatever it would drop in silence is answered here. */
export function judgeMessage(parsed: ParsedMessage, isOpen: (id: RequestId) => boolean): Verdict {
  switch (parsed.kind) {
    case "request": {
      const { message } = parsed;
      const error = refusal(message, isOpen);
      if (error === undefined && isWellFormedRequest(message)) return { kind: "deliver", message };
      return answer(message.id, error ?? { code: INVALID_PARAMS, message: "Member _meta of the params is malformed" });
    }
    case "notification":
      if (isWellFormedNotification(parsed.message)) return { kind: "deliver", message: parsed.message };
      return { kind: "ignore", reason: "Ignored a notification: member _meta of its params is malformed" };
    case "response":
      if (isWellFormedResponse(parsed.message)) return { kind: "deliver", message: parsed.message };
      return { kind: "ignore", reason: "Ignored a response: it names no request, or member _meta of its result is malformed" };
    case "invalid":
      // the id in a broken response is ours: the host would take it for one of its own
      return answer(parsed.shape === "response" ? null : parsed.id, parsed.error);
  }
}

function refusal(request: RpcRequest, isOpen: (id: RequestId) => boolean): RpcErrorObject | undefined {
  if (!isOpen(request.id)) return guardVersion(request);
  return { code: INVALID_REQUEST, message: "Request id is in use: a request with the same id has not been answered yet" };
}

const answer = (id: RequestId | null, error: RpcErrorObject): Verdict => ({ kind: "answer", response: errorResponse(id, error) });
