import { setMaxListeners } from "node:events";
import type { JSONRPCMessage, Transport as SdkTransport, TransportSendOptions } from "@modelcontextprotocol/client";
import { GatewayError } from "../../model/errors.ts";
import type { Clock } from "../../time/clock.ts";
import { type LinkedSignal, linkDeadline, linkSignal } from "../../time/linked-signal.ts";
import {
  isRequestId,
  type RequestId,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from "../../wire/json-rpc.ts";
import { DirectInbox, type DirectRequest } from "../direct-call.ts";
import type { ExchangeParts } from "./exchange.ts";
import { claimedRevision } from "./headers.ts";
import { HttpConversation } from "./http-conversation.ts";
import { brokenAnswer } from "./http-errors.ts";
import { type HttpEndpoint, HttpPool } from "./http-pool.ts";
import { Session } from "./session.ts";
import { holdStandingStream } from "./standing-stream.ts";

export interface UndiciTransportOptions {
  readonly backend: string;
  readonly endpoint: HttpEndpoint;
  readonly clock: Clock;
  /** The largest JSON body or event that is read, in bytes; default 8 MiB. */
  readonly maxMessageBytes?: number | undefined;
}

const MAX_MESSAGE_BYTES = 8 * 2 ** 20;
const CANCEL_MS = 1_000;
const TOOLS_CHANGED: RpcNotification = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };

/**
 * The SDK's `Transport` for Streamable HTTP over undici, for both protocol eras. `send` of a request lasts until its response
 * has been delivered and rejects when there will be none, so no caller waits for an answer that cannot come. The session id
 * stays private: an SDK client that sees one would skip the handshake.
 */
export class UndiciTransport implements SdkTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: SdkTransport["onmessage"];
  readonly hasPerRequestStream = true;
  readonly #parts: ExchangeParts;
  readonly #conversation: HttpConversation;
  readonly #inFlight = new Map<RequestId, LinkedSignal>();
  readonly #life = new AbortController();
  #standing: LinkedSignal | undefined;
  #closing: Promise<void> | undefined;

  constructor({ backend, endpoint, clock, maxMessageBytes = MAX_MESSAGE_BYTES }: UndiciTransportOptions) {
    const pool = new HttpPool({ backend, endpoint });
    setMaxListeners(0, this.#life.signal); // one listener for each call that is cancelled at the same time, none of them a leak
    this.#parts = { backend, clock, pool, session: new Session(), maxMessageBytes };
    this.#conversation = new HttpConversation(this.#parts, () => this.#renewed());
  }

  /** Whether the backend gave the conversation a session id. */
  get hasSession(): boolean {
    return this.#parts.session.id !== undefined;
  }

  async start(): Promise<void> {}

  setProtocolVersion(version: string): void {
    this.#parts.session.agreeOn(version);
  }

  async send(sent: JSONRPCMessage, options: TransportSendOptions = {}): Promise<void> {
    const message = sent as RpcMessage; // two descriptions of the same wire
    if (this.#life.signal.aborted) throw this.#closed("not_executed");
    if (!("method" in message)) return this.#tell(message);
    if ("id" in message) return this.#ask(message, options);
    if (message.method === "notifications/cancelled") return this.#cancel(message);
    await this.#tell(message);
    if (message.method === "notifications/initialized") this.#openStanding();
  }

  /** Sends a request past the SDK and gives back its response; one that is given up is cancelled as the SDK would. */
  async direct(direct: DirectRequest): Promise<RpcResponse> {
    if (this.#life.signal.aborted) throw this.#closed("not_executed");
    const { request, headers, signal } = direct;
    const inbox = new DirectInbox(direct);
    try {
      await this.#exchange(request, headers, signal, (message) => {
        if (!inbox.take(message)) this.#deliver(message);
      });
    } catch (error) {
      if (signal.aborted) this.#tellCancelled(request);
      throw error;
    }
    if (!inbox.response) throw brokenAnswer(this.#parts.backend, "is no response to the request");
    return inbox.response;
  }

  /** Ends everything in flight, the session and the connections; takes about a second at most and never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #ask(request: RpcRequest, { headers = {}, requestSignal }: TransportSendOptions): Promise<void> {
    await this.#exchange(request, headers, requestSignal, (message) => this.#deliver(message));
  }

  /** Asks, and can be told to stop by the caller, by a cancellation that names the request, and by `close`. */
  async #exchange(
    request: RpcRequest,
    headers: Readonly<Record<string, string>>,
    caller: AbortSignal | undefined,
    deliver: (message: RpcMessage) => void,
  ): Promise<void> {
    using exchange = linkSignal(caller);
    this.#inFlight.set(request.id, exchange);
    try {
      await this.#conversation.ask({ request, headers, signal: exchange.signal, deliver });
    } finally {
      this.#inFlight.delete(request.id);
    }
  }

  async #tell(message: RpcMessage): Promise<void> {
    using linked = linkSignal(this.#life.signal);
    await this.#conversation.tell(message, linked.signal);
  }

  /** A legacy backend is told and given a second to hear it; closing the stream is all a modern one needs. */
  async #cancel(message: RpcNotification): Promise<void> {
    const { backend, clock } = this.#parts;
    const id = message.params?.["requestId"];
    const target = isRequestId(id) ? this.#inFlight.get(id) : undefined;
    using limit = linkDeadline(clock, CANCEL_MS, this.#life.signal, () => this.#closed("unknown"));
    try {
      if (claimedRevision(message.params) === undefined) await this.#conversation.tell(message, limit.signal);
    } finally {
      target?.abort(new GatewayError("cancelled", `Call of "${backend}" cancelled`, { backend }));
    }
  }

  /** Its stream is closed already, which a modern backend understands; a legacy one has to be told. */
  #tellCancelled({ id, params }: RpcRequest): void {
    if (claimedRevision(params) !== undefined || this.#life.signal.aborted) return;
    const cancelled: RpcNotification = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } };
    this.#cancel(cancelled).catch(() => {}); // nobody waits for it, and the call has ended either way
  }

  #deliver(message: RpcMessage): void {
    this.onmessage?.(message as JSONRPCMessage); // the SDK checks it again
  }

  #openStanding(): void {
    this.#standing?.abort(this.#closed("unknown"));
    this.#standing?.[Symbol.dispose]();
    if (!this.#parts.session.notifiesUnasked || this.#life.signal.aborted) return;
    this.#standing = linkSignal(this.#life.signal);
    const { maxMessageBytes: messageBytes } = this.#parts;
    const parts = { ...this.#parts, messageBytes, deliver: (message: RpcMessage) => this.#deliver(message) };
    void holdStandingStream(parts, this.#standing.signal); // never rejects
  }

  /** A backend that forgot the session may have been replaced, so its tools are looked at again. */
  #renewed(): void {
    this.#openStanding();
    this.#deliver(TOOLS_CHANGED);
  }

  async #end(): Promise<void> {
    this.#life.abort(this.#closed("unknown"));
    for (const exchange of this.#inFlight.values()) exchange.abort(this.#closed("unknown"));
    await this.#conversation.farewell();
    await this.#parts.pool.destroy();
    this.onclose?.();
  }

  #closed(outcome: "not_executed" | "unknown"): GatewayError {
    const { backend } = this.#parts;
    return new GatewayError("unavailable", `Cannot call "${backend}": its connection is closed`, { backend, outcome });
  }
}
