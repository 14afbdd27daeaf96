import type { Readable, Writable } from "node:stream";
import type { JSONRPCMessage, MessageExtraInfo, Transport } from "@modelcontextprotocol/client";
import { GatewayError } from "../../model/errors.ts";
import { type Host, NO_HOST } from "../../model/host.ts";
import type { RawResult } from "../../model/raw-result.ts";
import { type Clock, systemClock } from "../../time/clock.ts";
import { RequestEncoder } from "../../wire/encode-request.ts";
import { stringifyExactly } from "../../wire/exact-json.ts";
import type { RpcMessage, RpcRequest, RpcResponse } from "../../wire/json-rpc.ts";
import { type Line, type LineTold, LineWriter } from "../../wire/line-writer.ts";
import type { ScannedAnswer } from "../../wire/scan-answer.ts";
import type { DirectRequest, Settled } from "../direct-call.ts";
import { OpenCalls } from "../open-calls.ts";
import { ChildReader, type StrayKind } from "./child-reader.ts";
import { DirectRequests } from "./direct-requests.ts";

/** An answer of 8 MiB and the envelope around it. */
export const MAX_CHILD_LINE_BYTES = 8 * 2 ** 20 + 64 * 2 ** 10;
const MAX_QUEUED_BYTES = 16 * 2 ** 20;

export interface ChildTransportOptions {
  /** The child's standard input; it belongs to the workload and is not ended here. */
  readonly input: Writable;
  /** The child's standard output. */
  readonly output: Readable;
  readonly backend?: string | undefined;
  readonly clock?: Clock | undefined;
  /** Whom the child may ask, and tell what it logs. */
  readonly host?: Host | undefined;
  /** Default: `MAX_CHILD_LINE_BYTES`. */
  readonly maxLineBytes?: number | undefined;
  /** Hears of every skipped line, with its first 200 characters. */
  readonly onStray?: ((kind: StrayKind, sample: string) => void) | undefined;
}

/**
 * The SDK's Transport over the pipes of a child. A request whose answer cannot be read fails with an SDK ProtocolError whose
 * `data` is the GatewayError. When either pipe ends, `onclose` is called at once, so that nobody waits for a dead child.
 */
export class ChildTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: (<T extends JSONRPCMessage>(message: T, extra?: MessageExtraInfo) => void) | undefined;
  /** All requests share one channel, so they are cancelled by `notifications/cancelled`. */
  readonly hasPerRequestStream = false;
  // The SDK recognises the pipes of a child by these two, and only then takes silence on its probe for the legacy era.
  readonly stderr = null;
  readonly pid = null;
  readonly #input: Writable;
  readonly #output: Readable;
  readonly #reader: ChildReader;
  readonly #writer: LineWriter;
  readonly #inbox: (RpcMessage | ScannedAnswer)[] = [];
  readonly #directs: DirectRequests;
  readonly #calls: OpenCalls;
  readonly #encoder = new RequestEncoder();
  #delivering = false;
  #started = false;
  #ended = false;
  #closed = false;

  constructor(options: ChildTransportOptions) {
    const { input, output, maxLineBytes = MAX_CHILD_LINE_BYTES, onStray } = options;
    const { backend = "the server", clock = systemClock, host = NO_HOST } = options;
    this.#calls = new OpenCalls({ backend, clock, host, reply: (response) => this.send(response as JSONRPCMessage) });
    this.#directs = new DirectRequests((message, takesRaw, told) => this.#post(message, takesRaw, told), this.#calls);
    this.#input = input;
    this.#output = output;
    this.#reader = new ChildReader({
      maxLineBytes,
      onStray,
      onMessage: (message) => this.#receive(message),
      onRaw: (answer) => this.#receive(answer),
      onLost: (error) => this.#finish(error),
    });
    this.#writer = new LineWriter(input, { highWaterBytes: MAX_QUEUED_BYTES, onFailed: () => this.#inputBroke() });
    output.on("error", () => this.#outputEnded());
  }

  /** How many lines of the child were skipped so far. */
  get strayCount(): number {
    return this.#reader.strayCount;
  }

  /** Begins to read; throws `unavailable` if the child is gone already. */
  async start(): Promise<void> {
    if (this.#started) throw new GatewayError("internal", "Cannot start the transport twice");
    this.#started = true;
    if (this.#closed || this.#output.destroyed || this.#output.readableEnded || this.#input.destroyed) throw gone();
    this.#output.on("data", this.#onData);
    this.#output.once("end", () => this.#outputEnded());
    this.#output.once("close", () => this.#outputEnded());
  }

  /** Sends one message; rejects with `unavailable` if the child is gone and `resource_exhausted` if it has stopped reading. */
  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#post(message, false, (failed) => (failed === undefined ? resolve() : reject(failed)));
    });
  }

  /** Sends a request past the SDK and tells its response. */
  direct(direct: DirectRequest, settled: Settled<RpcResponse | RawResult>): void {
    this.#directs.ask(direct, settled);
  }

  /** Queues one message; `told` hears that it has been written, or why it cannot be. */
  #post(message: JSONRPCMessage, takesRaw: boolean, told: LineTold): void {
    const refusal = this.#closed ? gone() : this.#expect(message, takesRaw);
    if (refusal) told(refusal);
    else this.#writer.put(this.#lineOf(message), told);
  }

  #lineOf(message: JSONRPCMessage): Line {
    return "method" in message && "id" in message ? this.#encoder.encodeLine(message as RpcRequest) : stringifyExactly(message);
  }

  /** Gets ready for what follows from a message; the error if it cannot be sent. */
  #expect(message: JSONRPCMessage, takesRaw: boolean): GatewayError | undefined {
    if (!("method" in message)) return undefined;
    if ("id" in message) {
      if (this.#writer.queuedBytes > MAX_QUEUED_BYTES) return notReading();
      this.#reader.expect(message.id, takesRaw);
    } else if (message.method === "notifications/cancelled") this.#forget(message.params?.["requestId"]);
    return undefined;
  }

  /** Ends the conversation on our side; the pipes are left to their owner, and what the child still writes is dropped. */
  async close(): Promise<void> {
    this.#finish();
  }

  readonly #onData = (chunk: Buffer): void => this.#reader.push(chunk);

  #forget(id: unknown): void {
    if (typeof id === "string" || typeof id === "number") this.#reader.forget(id);
  }

  #receive(message: RpcMessage | ScannedAnswer): void {
    if (this.#closed) return;
    if (!this.#delivering && "id" in message)
      this.#hand(message); // the common case needs no inbox
    else {
      this.#inbox.push(message);
      if (!this.#delivering) void this.#deliverAll(); // never rejects: what a listener throws goes to onerror
    }
  }

  async #deliverAll(): Promise<void> {
    this.#delivering = true;
    for (let message = this.#inbox.shift(); message && !this.#closed; message = this.#inbox.shift()) {
      this.#hand(message);
      if (!("id" in message)) await null; // the SDK hears notifications a microtask late: an answer must not overtake them
    }
    this.#delivering = false;
    if (this.#ended) this.#finish();
  }

  #hand(message: RpcMessage | ScannedAnswer): void {
    try {
      if (!("jsonrpc" in message)) this.#directs.takeRaw(message);
      else if (!this.#directs.take(message) && !this.#calls.take(message)) this.onmessage?.(message as JSONRPCMessage); // the SDK checks for itself what its narrower types promise
    } catch (error) {
      this.onerror?.(GatewayError.from(error));
    }
  }

  #outputEnded(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reader.end();
    if (!this.#delivering) this.#finish();
  }

  /** A child that died may have left answers in the other pipe: one whole turn of the loop reads what is there. */
  #inputBroke(): void {
    setImmediate(() => setImmediate(() => this.#outputEnded()));
  }

  #finish(error?: GatewayError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#output.off("data", this.#onData);
    this.#output.resume();
    if (error) this.onerror?.(error);
    this.#calls.close();
    this.#directs.failAll(error);
    this.onclose?.();
  }
}

const gone = (): GatewayError =>
  new GatewayError("unavailable", "Cannot reach the server: it has closed its pipes", { outcome: "not_executed" });

const notReading = (): GatewayError =>
  new GatewayError("resource_exhausted", "Cannot send: the server has stopped reading its input", { hint: "Restart the server" });
