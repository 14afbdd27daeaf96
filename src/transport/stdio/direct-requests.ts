import { type JSONRPCMessage, SdkError, SdkErrorCode } from "@modelcontextprotocol/client";
import type { RawResult } from "../../model/raw-result.ts";
import { isRequestId, type RequestId, type RpcMessage, type RpcNotification, type RpcResponse } from "../../wire/json-rpc.ts";
import type { ScannedAnswer } from "../../wire/scan-answer.ts";
import { DirectInbox, type DirectRequest } from "../direct-call.ts";
import type { OpenCalls } from "../open-calls.ts";

interface OpenRequest {
  readonly inbox: DirectInbox;
  readonly answer: (response: RpcResponse | RawResult) => void;
  readonly fail: (error: unknown) => void;
}

/** The requests that go past the SDK over the pipes of a child, each until it is answered, given up, or the pipes close. */
export class DirectRequests {
  readonly #send: (message: JSONRPCMessage, takesRaw: boolean) => Promise<void>;
  readonly #calls: OpenCalls;
  readonly #open = new Map<RequestId, OpenRequest>();

  /** `calls` is told which of them are open: the child may ask in their middle. */
  constructor(send: (message: JSONRPCMessage, takesRaw: boolean) => Promise<void>, calls: OpenCalls) {
    this.#send = send;
    this.#calls = calls;
  }

  /** Sends a request and gives back its response; one that is given up is cancelled as the SDK would. */
  async ask(direct: DirectRequest): Promise<RpcResponse | RawResult> {
    const { request, signal } = direct;
    signal.throwIfAborted();
    const giveUp = (): void => {
      this.#open.get(request.id)?.fail(signal.reason);
      this.#cancel(request.id);
    };
    signal.addEventListener("abort", giveUp);
    const running = this.#calls.open(direct);
    try {
      return await new Promise<RpcResponse | RawResult>((answer, fail) => {
        this.#open.set(request.id, { inbox: new DirectInbox(direct), answer, fail });
        this.#send(request as JSONRPCMessage, direct.takesRaw).catch(fail);
      });
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#open.delete(request.id);
      running[Symbol.dispose]();
    }
  }

  /** Takes a message that belongs to one of the requests; false for all others. */
  take(message: RpcMessage): boolean {
    const id = "method" in message ? message.params?.["progressToken"] : message.id;
    const open = isRequestId(id) ? this.#open.get(id) : undefined;
    if (!open?.inbox.take(message)) return false;
    if (open.inbox.response) open.answer(open.inbox.response);
    return true;
  }

  /** Takes an answer whose result was not read; nobody's if its request has been given up. */
  takeRaw({ id, result }: ScannedAnswer): void {
    this.#open.get(id)?.answer(result);
  }

  /** Ends what is open, as the SDK ends its own: with what is wrong, or since the connection has closed. */
  failAll(error: unknown = new SdkError(SdkErrorCode.ConnectionClosed, "Connection closed")): void {
    for (const { fail } of this.#open.values()) fail(error);
  }

  #cancel(requestId: RequestId): void {
    const params = { requestId, reason: "Call ended by its caller" };
    const cancelled: RpcNotification = { jsonrpc: "2.0", method: "notifications/cancelled", params };
    this.#send(cancelled as JSONRPCMessage, false).catch(() => {}); // a dead child needs no telling
  }
}
