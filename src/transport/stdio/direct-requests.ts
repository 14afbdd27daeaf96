import { type JSONRPCMessage, SdkError, SdkErrorCode } from "@modelcontextprotocol/client";
import type { RawResult } from "../../model/raw-result.ts";
import { SlotMap } from "../../model/slot-map.ts";
import { isRequestId, type RequestId, type RpcMessage, type RpcNotification, type RpcResponse } from "../../wire/json-rpc.ts";
import type { ScannedAnswer } from "../../wire/scan-answer.ts";
import { DirectInbox, type DirectRequest, type Settled } from "../direct-call.ts";
import type { OpenCalls } from "../open-calls.ts";

/** Hands a request to the child; tells only what kept it from that. */
export type Post = (request: JSONRPCMessage, takesRaw: boolean, failed: (reason: unknown) => void) => void;

interface OpenRequest {
  readonly inbox: DirectInbox;
  readonly settle: Settled<RpcResponse | RawResult>;
}

/** The requests that go past the SDK over the pipes of a child, each until it is answered, given up, or the pipes close. */
export class DirectRequests {
  readonly #post: Post;
  readonly #calls: OpenCalls;
  readonly #open = new SlotMap<RequestId, OpenRequest>();

  /** `calls` is told which of them are open: the child may ask in their middle. */
  constructor(post: Post, calls: OpenCalls) {
    this.#post = post;
    this.#calls = calls;
  }

  /** Sends a request and tells its response; one that is given up is cancelled as the SDK would. */
  ask(direct: DirectRequest, settled: Settled<RpcResponse | RawResult>): void {
    const { request, signal } = direct;
    if (signal.aborted) {
      settled(undefined, signal.reason);
      return;
    }
    const giveUp = (): void => {
      this.#cancel(request.id); // first: a child whose question is refused before would go on without an answer
      settle(undefined, signal.reason);
    };
    const running = this.#calls.open(direct);
    const settle: OpenRequest["settle"] = (response, failure) => {
      if (!this.#open.delete(request.id)) return; // the first who tells is right
      signal.removeEventListener("abort", giveUp);
      running[Symbol.dispose]();
      settled(response, failure);
    };
    this.#open.set(request.id, { inbox: new DirectInbox(direct), settle });
    signal.addEventListener("abort", giveUp);
    this.#post(request as JSONRPCMessage, direct.takesRaw, (reason) => settle(undefined, reason));
  }

  /** Takes a message that belongs to one of the requests; false for all others. */
  take(message: RpcMessage): boolean {
    const id = "method" in message ? message.params?.["progressToken"] : message.id;
    const open = isRequestId(id) ? this.#open.get(id) : undefined;
    if (!open?.inbox.take(message)) return false;
    if (open.inbox.response) open.settle(open.inbox.response);
    return true;
  }

  /** Takes an answer whose result was not read; nobody's if its request has been given up. */
  takeRaw({ id, result }: ScannedAnswer): void {
    this.#open.get(id)?.settle(result);
  }

  /** Ends what is open, as the SDK ends its own: with what is wrong, or since the connection has closed. */
  failAll(error: unknown = new SdkError(SdkErrorCode.ConnectionClosed, "Connection closed")): void {
    for (const { settle } of this.#open.values()) settle(undefined, error);
  }

  #cancel(requestId: RequestId): void {
    const params = { requestId, reason: "Call ended by its caller" };
    const cancelled: RpcNotification = { jsonrpc: "2.0", method: "notifications/cancelled", params };
    this.#post(cancelled as JSONRPCMessage, false, () => {}); // a dead child needs no telling
  }
}
