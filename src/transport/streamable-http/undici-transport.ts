import type { JSONRPCMessage, Transport as SdkTransport, TransportSendOptions } from "@modelcontextprotocol/client";
import { GatewayError } from "../../model/errors.ts";
import { type Host, NO_HOST } from "../../model/host.ts";
import type { Traffic } from "../../model/ports.ts";
import type { RawResult } from "../../model/raw-result.ts";
import { SlotMap } from "../../model/slot-map.ts";
import type { Clock } from "../../time/clock.ts";
import { LinkedSignal, linkDeadline, linkSignal } from "../../time/linked-signal.ts";
import { RequestEncoder } from "../../wire/encode-request.ts";
import {
  isRequestId,
  type RequestId,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from "../../wire/json-rpc.ts";
import type { DirectRequest, Settled } from "../direct-call.ts";
import { type Listener, OpenCalls } from "../open-calls.ts";
import type { HttpEndpoint } from "./connections.ts";
import { DirectAsk, type DirectAskOwner } from "./direct-ask.ts";
import type { ExchangeParts } from "./exchange.ts";
import { claimedRevision } from "./headers.ts";
import { HttpConversation } from "./http-conversation.ts";
import { brokenAnswer } from "./http-errors.ts";
import { HttpPool } from "./http-pool.ts";
import { Session } from "./session.ts";
import { StandingStream } from "./standing-stream.ts";

export interface UndiciTransportOptions {
  readonly backend: string;
  readonly endpoint: HttpEndpoint;
  readonly clock: Clock;
  /** Whom the backend may ask, and tell what it logs. */
  readonly host?: Host | undefined;
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
  readonly #calls: OpenCalls;
  readonly #inFlight = new SlotMap<RequestId, LinkedSignal>();
  readonly #life = new LinkedSignal();
  readonly #standing: StandingStream;
  readonly #directs: DirectAskOwner = {
    deliver: (message, direct) => this.#deliver(message, direct),
    ended: (ask, failure) => this.#directEnded(ask, failure),
  };
  #closing: Promise<void> | undefined;
  #cancelling: Promise<unknown> = Promise.resolve();

  constructor(options: UndiciTransportOptions) {
    const { backend, endpoint, clock, host = NO_HOST, maxMessageBytes = MAX_MESSAGE_BYTES } = options;
    const pool = new HttpPool({ backend, endpoint });
    this.#parts = { backend, clock, pool, session: new Session(), maxMessageBytes, encoder: new RequestEncoder() };
    this.#conversation = new HttpConversation(this.#parts, () => this.#renewed());
    const standing = { ...this.#parts, messageBytes: maxMessageBytes, deliver: (message: RpcMessage) => this.#deliver(message) };
    this.#standing = new StandingStream(standing, this.#life.signal);
    this.#calls = new OpenCalls({ backend, host, clock, reply: (response) => this.#reply(response) });
  }

  /** Whether the backend gave the conversation a session id. */
  get hasSession(): boolean {
    return this.#parts.session.id !== undefined;
  }

  /** How well its connections are reused. */
  get traffic(): Traffic {
    return this.#parts.pool.traffic;
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
    if (message.method === "notifications/initialized") await this.#standing.open(this.#closed("unknown"));
  }

  /** Sends a request past the SDK and tells its response; one that is given up is cancelled as the SDK would. */
  direct(direct: DirectRequest, settled: Settled<RpcResponse | RawResult>): void {
    if (this.#life.signal.aborted) {
      settled(undefined, this.#closed("not_executed"));
      return;
    }
    const ask = new DirectAsk(direct, this.#calls.open(direct), settled, this.#directs);
    this.#inFlight.set(direct.request.id, ask.signal);
    this.#conversation.start(ask);
  }

  /** Ends everything in flight, the session and the connections; takes about a second at most and never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  #directEnded({ direct: { request, signal }, signal: exchange, running, response, settled }: DirectAsk, failure: unknown): void {
    this.#inFlight.delete(request.id);
    exchange[Symbol.dispose]();
    if (failure !== undefined && signal.aborted) this.#tellCancelled(request);
    running[Symbol.dispose](); // its questions are refused after the backend has heard that it is given up
    if (failure !== undefined) settled(undefined, failure);
    else if (response) settled(response);
    else settled(undefined, brokenAnswer(this.#parts.backend, "is no response to the request"));
  }

  /** Asks, and can be told to stop by the caller, by a cancellation that names the request, and by `close`. */
  #ask(request: RpcRequest, { headers = {}, requestSignal }: TransportSendOptions): Promise<void> {
    const exchange = linkSignal(requestSignal);
    this.#inFlight.set(request.id, exchange);
    return new Promise((resolve, reject) => {
      this.#conversation.start({
        request,
        headers,
        signal: exchange,
        deliver: (message) => this.#deliver(message),
        end: (failure) => {
          this.#inFlight.delete(request.id);
          exchange[Symbol.dispose]();
          if (failure === undefined) resolve();
          else reject(failure);
        },
      });
    });
  }

  /** Answers a question, but not before a call that was given up: its backend would take the refusal and go on without. */
  async #reply(response: RpcResponse): Promise<void> {
    await this.#cancelling;
    await this.#tell(response);
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
    const told = this.#cancel(cancelled).catch(() => {}); // nobody waits for it, and the call has ended either way
    this.#cancelling = Promise.all([this.#cancelling, told]);
  }

  /** `call` is the one whose stream brought the message, if there is one. */
  #deliver(message: RpcMessage, call?: Listener): void {
    if (!this.#calls.take(message, call)) this.onmessage?.(message as JSONRPCMessage); // the SDK checks it again
  }

  /** A backend that forgot the session may have been replaced, so its tools are looked at again. */
  #renewed(): void {
    void this.#standing.open(this.#closed("unknown")); // never rejects
    this.#deliver(TOOLS_CHANGED);
  }

  async #end(): Promise<void> {
    this.#life.abort(this.#closed("unknown"));
    for (const exchange of this.#inFlight.values()) exchange.abort(this.#closed("unknown"));
    this.#calls.close();
    await this.#conversation.farewell();
    await this.#parts.pool.destroy();
    this.onclose?.();
  }

  #closed(outcome: "not_executed" | "unknown"): GatewayError {
    const { backend } = this.#parts;
    return new GatewayError("unavailable", `Cannot call "${backend}": its connection is closed`, { backend, outcome });
  }
}
