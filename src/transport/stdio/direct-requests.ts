import { type JSONRPCMessage, SdkError, SdkErrorCode } from "@modelcontextprotocol/client";
import type { RawResult } from "../../model/raw-result.ts";
import { SlotMap } from "../../model/slot-map.ts";
import { isRequestId, type RequestId, type RpcMessage, type RpcNotification, type RpcResponse } from "../../wire/json-rpc.ts";
import type { LineTold } from "../../wire/line-writer.ts";
import type { ScannedAnswer } from "../../wire/scan-answer.ts";
import { DirectInbox, type DirectRequest, type Settled } from "../direct-call.ts";
import type { OpenCalls } from "../open-calls.ts";

/** Hands a message to the child; tells that it has it, or what kept it from that. */
export type Post = (message: JSONRPCMessage, takesRaw: boolean, told: LineTold) => void;

/** A request that waits for its answer: an object, for each closure shows in the time of a call. */
class OpenRequest extends DirectInbox {
  /** Counts it as in flight until it is disposed. */
  readonly running: Disposable;
  readonly settled: Settled<RpcResponse | RawResult>;
  readonly #giveUp: (open: OpenRequest) => void;

  constructor(
    direct: DirectRequest,
    running: Disposable,
    settled: Settled<RpcResponse | RawResult>,
    giveUp: (open: OpenRequest) => void,
  ) {
    super(direct);
    this.running = running;
    this.settled = settled;
    this.#giveUp = giveUp;
  }

  /** Its signal has aborted. */
  handleEvent(): void {
    this.#giveUp(this);
  }
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
    const open = new OpenRequest(direct, this.#calls.open(direct), settled, this.#giveUp);
    this.#open.set(request.id, open);
    signal.addEventListener("abort", open);
    this.#post(request as JSONRPCMessage, direct.takesRaw, (failed) => {
      if (failed !== undefined) this.#settle(open, undefined, failed);
    });
  }

  /** Takes a message that belongs to one of the requests; false for all others. */
  take(message: RpcMessage): boolean {
    const id = "method" in message ? message.params?.["progressToken"] : message.id;
    const open = isRequestId(id) ? this.#open.get(id) : undefined;
    if (!open?.take(message)) return false;
    if (open.response) this.#settle(open, open.response);
    return true;
  }

  /** Takes an answer whose result was not read; nobody's if its request has been given up. */
  takeRaw({ id, result }: ScannedAnswer): void {
    const open = this.#open.get(id);
    if (open) this.#settle(open, result);
  }

  /** Ends what is open, as the SDK ends its own: with what is wrong, or since the connection has closed. */
  failAll(error: unknown = new SdkError(SdkErrorCode.ConnectionClosed, "Connection closed")): void {
    for (const open of this.#open.values()) this.#settle(open, undefined, error);
  }

  /** The first who tells is right. */
  #settle(open: OpenRequest, response: RpcResponse | RawResult | undefined, failure?: unknown): void {
    const { direct, running, settled } = open;
    if (!this.#open.delete(direct.request.id)) return;
    direct.signal.removeEventListener("abort", open);
    running[Symbol.dispose]();
    settled(response, failure);
  }

  readonly #giveUp = (open: OpenRequest): void => {
    const { request, signal } = open.direct;
    this.#cancel(request.id); // first: a child whose question is refused before would go on without an answer
    this.#settle(open, undefined, signal.reason);
  };

  #cancel(requestId: RequestId): void {
    const params = { requestId, reason: "Call ended by its caller" };
    const cancelled: RpcNotification = { jsonrpc: "2.0", method: "notifications/cancelled", params };
    this.#post(cancelled as JSONRPCMessage, false, () => {}); // a dead child needs no telling
  }
}
