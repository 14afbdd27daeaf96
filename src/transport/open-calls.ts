import { type Host, type HostLog, isAtLeast, isLogLevel, isQuestionMethod, refusalOf } from "../model/host.ts";
import type { JsonObject } from "../model/json.ts";
import type { RequestOptions } from "../model/ports.ts";
import { SlotMap } from "../model/slot-map.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { RequestId, RpcMessage, RpcRequest, RpcResponse } from "../wire/json-rpc.ts";
import { BackendQuestions } from "./backend-questions.ts";

/** A request of ours in flight, and what its caller does with what the backend sends meanwhile. */
export type Listener = Pick<RequestOptions, "signal" | "askHost" | "log">;

export interface OpenCallsParts {
  readonly backend: string;
  readonly host: Host;
  readonly clock: Clock;
  /** Sends the answer to a question of the backend. */
  readonly reply: (response: RpcResponse) => Promise<void>;
}

/** How long a question may wait for a call through which the host can be asked. */
const UNCLAIMED_MS = 60_000;
const MOST_UNCLAIMED = 16;
const CANCELLED = "notifications/cancelled";
const MESSAGE = "notifications/message";
const ELICITED = "notifications/elicitation/complete";

/** Hears that a request is not in flight any more. */
type Leave = (place: number, call: Listener) => void;

/** A class, for a literal with a computed key is put together outside of compiled code. */
class OpenCall implements Disposable {
  readonly #leave: Leave;
  readonly #place: number;
  readonly #call: Listener;

  constructor(leave: Leave, place: number, call: Listener) {
    this.#leave = leave;
    this.#place = place;
    this.#call = call;
  }

  [Symbol.dispose](): void {
    this.#leave(this.#place, this.#call);
  }
}

/**
 * Takes what a backend sends its host beside its answers, questions and log lines, to the call it belongs to. Over HTTP that is
 * the call whose stream brings it; where nothing tells, the likeliest of those in flight; outside of any call the host itself, or,
 * for a question to a host that is asked only through calls, the next call.
 */
export class OpenCalls {
  readonly #parts: OpenCallsParts;
  readonly #questions: BackendQuestions;
  readonly #open = new SlotMap<number, Listener>();
  #opened = 0;
  readonly #unclaimed = new Map<RequestId, { readonly request: RpcRequest; readonly timer: Timer }>();

  constructor(parts: OpenCallsParts) {
    this.#parts = parts;
    this.#questions = new BackendQuestions(parts.reply);
  }

  /** Counts a request as in flight until the returned is disposed; it may be asked what nobody could be asked before. */
  open(call: Listener): Disposable {
    const place = this.#opened++;
    this.#open.set(place, call);
    if (this.#unclaimed.size > 0 && call.askHost) for (const id of [...this.#unclaimed.keys()]) this.#claim(id, call);
    return new OpenCall(this.#ended, place, call);
  }

  readonly #ended: Leave = (place, call) => {
    this.#open.delete(place);
    if (this.#questions.size > 0) this.#questions.callEnded(call);
  };

  /** False for a message that is somebody else's. `call` is the one whose stream brought it, if there is one. */
  take(message: RpcMessage, call?: Listener): boolean {
    if (!("method" in message)) return false;
    if ("id" in message) {
      if (!isQuestionMethod(message.method)) return false;
      this.#put(message, call);
      return true;
    }
    const { method, params = {} } = message;
    if (method === CANCELLED) return this.#withdraw(params["requestId"]);
    if (method === MESSAGE) this.#tell(params, call ? call.log : this.#logger());
    else if (method === ELICITED) this.#parts.host.elicited?.(params);
    return method === MESSAGE || method === ELICITED;
  }

  /** The conversation is over: nobody waits for an answer any more. */
  close(): void {
    this.#questions.close();
    for (const { timer } of this.#unclaimed.values()) timer[Symbol.dispose]();
    this.#unclaimed.clear();
  }

  #put(request: RpcRequest, call: Listener | undefined): void {
    const asked = call ?? this.#likeliest();
    const ask = asked?.askHost ?? this.#parts.host.ask;
    if (ask) this.#questions.put(request, ask, { call: asked, isCertain: call !== undefined });
    else this.#leave(request);
  }

  /** The newest call that is not waiting for an answer already: servers ask one thing at a time, and mostly at once. */
  #likeliest(): Listener | undefined {
    const askable = this.#open
      .values()
      .filter(({ askHost }) => askHost !== undefined)
      .reverse();
    return askable.find((call) => !this.#questions.isAwaitedBy(call)) ?? askable[0];
  }

  /** Nobody to ask now. A host without the capability cannot be asked later either. */
  #leave(request: RpcRequest): void {
    const { host, clock } = this.#parts;
    const error = refusalOf({ method: request.method, params: request.params ?? {} }, host.capabilities);
    if (error || this.#unclaimed.size >= MOST_UNCLAIMED) {
      this.#questions.refuse(request.id, error ?? NO_CALL);
      return;
    }
    const timer = clock.after(UNCLAIMED_MS, () => {
      this.#unclaimed.delete(request.id);
      this.#questions.refuse(request.id, NO_CALL);
    });
    this.#unclaimed.set(request.id, { request, timer: timer.unref() });
  }

  #claim(id: RequestId, call: Listener): void {
    const found = this.#unclaimed.get(id);
    found?.timer[Symbol.dispose]();
    this.#unclaimed.delete(id);
    if (found && call.askHost) this.#questions.put(found.request, call.askHost, { call, isCertain: false });
  }

  /** The backend does not want to know any more; false if the notification is about something else. */
  #withdraw(id: unknown): boolean {
    const waiting = this.#unclaimed.get(id as RequestId);
    waiting?.timer[Symbol.dispose]();
    return this.#unclaimed.delete(id as RequestId) || this.#questions.withdraw(id as RequestId);
  }

  #logger(): HostLog | undefined {
    return (
      this.#open
        .values()
        .reverse()
        .find(({ log }) => log !== undefined)?.log ?? this.#parts.host.log
    );
  }

  /** Passes a log line on under the name of its server, if it is as severe as was asked for. */
  #tell(line: JsonObject, log: HostLog | undefined): void {
    const { level, logger } = line;
    if (!log || !isLogLevel(level) || !isAtLeast(level, log.level)) return;
    const { backend } = this.#parts;
    log.tell({ ...line, logger: typeof logger === "string" ? `${backend}/${logger}` : backend });
  }
}

const NO_CALL = { code: -32_603, message: "No call is in flight through which the host could be asked" };
