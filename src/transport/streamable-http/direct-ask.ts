import type { RawResult } from "../../model/raw-result.ts";
import { type LinkedSignal, linkSignal } from "../../time/linked-signal.ts";
import type { RpcMessage, RpcRequest, RpcResponse } from "../../wire/json-rpc.ts";
import { DirectInbox, type DirectRequest, type Settled } from "../direct-call.ts";
import type { OpenAsk } from "./http-conversation.ts";

/** Who takes what a request that goes past the SDK does not take itself. */
export interface DirectAskOwner {
  /** A message of its stream that is somebody else's. */
  readonly deliver: (message: RpcMessage, direct: DirectRequest) => void;
  readonly ended: (ask: DirectAsk, failure: unknown) => void;
}

/** A request that goes past the SDK, as the conversation sees it; its signal also aborts when the transport closes. */
export class DirectAsk extends DirectInbox implements OpenAsk {
  readonly signal: LinkedSignal;
  /** Counts it as in flight until it is disposed. */
  readonly running: Disposable;
  readonly settled: Settled<RpcResponse | RawResult>;
  readonly #owner: DirectAskOwner;

  constructor(direct: DirectRequest, running: Disposable, settled: Settled<RpcResponse | RawResult>, owner: DirectAskOwner) {
    super(direct);
    this.signal = linkSignal(direct.signal);
    this.running = running;
    this.settled = settled;
    this.#owner = owner;
  }

  get request(): RpcRequest {
    return this.direct.request;
  }

  get headers(): DirectRequest["headers"] {
    return this.direct.headers;
  }

  get takesRaw(): boolean {
    return this.direct.takesRaw;
  }

  deliver(message: RpcMessage): void {
    if (!this.take(message)) this.#owner.deliver(message, this.direct);
  }

  deliverRaw(result: RawResult): void {
    this.response = result;
  }

  end(failure?: unknown): void {
    this.#owner.ended(this, failure);
  }
}
