import type { Readable, Writable } from "node:stream";
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";
import { GatewayError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { RawObject, readRaw } from "../../model/raw-result.ts";
import type { Clock } from "../../time/clock.ts";
import { stringifyExactly } from "../../wire/exact-json.ts";
import { errorResponse, isRequestId, type ParsedMessage, type RequestId, type RpcErrorResponse } from "../../wire/json-rpc.ts";
import { type Line, LineWriter } from "../../wire/line-writer.ts";
import { abandoned } from "./abandoned.ts";
import { FastLane, type HostResult } from "./fast-lane.ts";
import type { Told } from "./host-link.ts";
import { judgeMessage } from "./judge-message.ts";
import { OpenRequests } from "./open-requests.ts";
import { answeredId, encodeMessage, encodeRaw } from "./outgoing-message.ts";
import type { PacedInput } from "./paced-input.ts";
import { readMessages } from "./read-messages.ts";
import { withReadArguments } from "./scan-invoke.ts";
import { StallWatch } from "./stall-watch.ts";
import { VerbatimResults } from "./verbatim-results.ts";

const HIGH_WATER_BYTES = 2 ** 20;
const MAX_QUEUED_BYTES = 64 * 2 ** 20;
const STALL_MS = 60_000;

/** How a connection ends: the host closed our input, closed our output or stopped reading, or we closed it ourselves. */
export type ConnectionEnd = "eof" | "broken_pipe" | "stalled" | "closed";

export interface StdioTransportOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly clock: Clock;
  /** Called once. After `eof` the requests that came are still answered: close the transport when they are. */
  readonly onEnd: (why: ConnectionEnd) => void;
}

/**
 * The host's end of the wire, shaped as the SDK's `Transport`: bounded lines in, bounded lines out. Every request gets one answer,
 * at the latest from `close()`, unless the host cancelled it; while the host does not read, nothing is read from it.
 */
export class StdioTransport implements Transport {
  onmessage?: Transport["onmessage"];
  /** Hears of requests that the lane took and could not answer after all. */
  onpassed?: (message: JSONRPCMessage) => void;
  onerror?: (error: Error) => void;
  onclose?: () => void;
  /** The way past the SDK's server, closed until someone opens it. */
  readonly lane: FastLane;
  readonly #options: StdioTransportOptions;
  readonly #open = new OpenRequests();
  readonly #writer: LineWriter;
  readonly #input: PacedInput;
  readonly #verbatim = new VerbatimResults();
  #stallWatch: StallWatch | undefined;
  #ended = false;
  #closed = false;

  constructor(options: StdioTransportOptions) {
    this.#options = options;
    this.lane = new FastLane({
      answer: (id, result) => this.answer(id, result),
      pass: (message) => this.#pass(message),
    });
    this.#writer = new LineWriter(options.output, {
      highWaterBytes: HIGH_WATER_BYTES,
      expectsMore: () => this.#open.calls > 0,
      onCongested: () => this.#holdBack(),
      onDrained: () => this.#goOn(),
      onFailed: () => {
        this.#open.settleAll(); // no answer can reach the host any more
        this.#end("broken_pipe");
      },
    });
    this.#input = readMessages(options.input, {
      onMessage: (parsed) => this.#receive(parsed),
      onClosed: () => this.#end("eof"),
    });
  }

  /** Requests of the host that wait for their answer, open subscriptions not counted. */
  get inFlight(): number {
    return this.#open.calls;
  }

  async start(): Promise<void> {
    this.#input.start();
  }

  /**
   * Writes one message; a response nobody waits for (cancelled, already answered) is dropped. Resolves when a notification or
   * request is handed over, for a response at once: the SDK keeps some 6 kB a call until then.
   */
  async send(message: JSONRPCMessage): Promise<void> {
    const id = answeredId(message);
    if (id === undefined) {
      if (this.#closed) throw new GatewayError("shutting_down", "Cannot send: the connection to the host is closed");
      await this.#writer.write(this.#encode(message));
    } else if (this.#open.settle(id)) {
      this.#put(this.#encode(this.#verbatim.apply(id, message)));
      this.#verbatim.forget(id); // an error answer leaves its result behind
    }
  }

  /** Answers a request, unless it was cancelled or answered before. */
  answer(id: RequestId, result: HostResult): void {
    if (!this.#open.settle(id)) return;
    const raw = result instanceof RawObject ? encodeRaw(id, result, this.#room()) : undefined;
    this.#put(raw ?? this.#encode({ jsonrpc: "2.0", id, result: readRaw(result) }));
  }

  /** Writes a notification; resolves once the operating system has it, rejects if it never will. */
  notify({ method, params }: Told): Promise<void> {
    return this.send({ jsonrpc: "2.0", method, params });
  }

  /** Sends this result in the answer to that request as it is, whatever the SDK makes of it. */
  relay(id: RequestId, result: JsonObject): void {
    if (this.#open.has(id)) this.#verbatim.put(id, result);
  }

  /** Resolves when every request that came is answered and the answers are handed over, or nobody is left to read them. */
  async settled(): Promise<void> {
    do {
      await this.#open.idle();
      await this.#writer.flush();
    } while (!this.#writer.failed && (this.#open.calls > 0 || this.#input.holding));
  }

  /** Resolves when everything written so far is handed to the operating system, or cannot be any more. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** Ends the conversation: what is still in flight is answered with an error, nothing is read any more. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#input.stop();
    this.lane.close();
    this.#stallWatch?.[Symbol.dispose]();
    for (const { id, method } of this.#open.settleAll()) this.#refuse(errorResponse(id, abandoned(method)));
    this.onclose?.();
    this.#end("closed");
  }

  #receive(parsed: ParsedMessage): void {
    const verdict = judgeMessage(parsed, this.#isOpen);
    if (verdict.kind === "answer") this.#refuse(verdict.response);
    else if (verdict.kind === "ignore") this.onerror?.(new GatewayError("invalid_argument", verdict.reason));
    else this.#deliver(verdict.message);
  }

  readonly #isOpen = (id: RequestId): boolean => this.#open.has(id);

  #deliver(message: JSONRPCMessage): void {
    if (this.#closed) return;
    if ("method" in message) {
      if ("id" in message) {
        this.#open.open(message.id, message.method);
        if (this.lane.take(message)) return;
      } else if (message.method === "notifications/cancelled") this.#cancel(message.params?.["requestId"]);
    }
    this.onmessage?.(withReadArguments(message));
  }

  /** A cancelled request gets no answer: one that comes all the same finds its id gone. */
  #cancel(id: unknown): void {
    if (!isRequestId(id)) return;
    this.#open.settle(id);
    this.lane.cancel(id);
    this.#verbatim.forget(id);
  }

  /** A request that turned out to be the SDK's, unless it was cancelled meanwhile. */
  #pass(message: JSONRPCMessage): void {
    if ("id" in message && isRequestId(message.id) && this.#open.has(message.id)) this.onpassed?.(withReadArguments(message));
  }

  #refuse(response: RpcErrorResponse): void {
    this.#put(stringifyExactly(response));
  }

  #encode(message: JSONRPCMessage): string {
    return encodeMessage(message, this.#room());
  }

  #room(): number {
    return MAX_QUEUED_BYTES - this.#writer.queuedBytes;
  }

  #put(line: Line): void {
    this.#writer.put(line); // a broken pipe is told by onFailed
  }

  #holdBack(): void {
    this.#input.pause();
    this.#stallWatch = new StallWatch({
      clock: this.#options.clock,
      stallMs: STALL_MS,
      progress: () => this.#writer.handedOverBytes,
      onStill: () => this.#input.peek(),
      onStalled: () => this.#end("stalled"),
    });
  }

  #goOn(): void {
    this.#stallWatch?.[Symbol.dispose]();
    this.#input.resume();
  }

  #end(why: ConnectionEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    if (why !== "eof") this.#input.stop(); // nobody will read the answers
    this.#options.onEnd(why);
  }
}
