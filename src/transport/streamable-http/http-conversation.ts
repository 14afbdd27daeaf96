import { GatewayError } from "../../model/errors.ts";
import type { Signal } from "../../model/signal.ts";
import { abandonOnAbort, type LinkedSignal, linkDeadline } from "../../time/linked-signal.ts";
import { stringifyExactly } from "../../wire/exact-json.ts";
import type { RpcMessage, RpcNotification } from "../../wire/json-rpc.ts";
import { notExecuted } from "../not-executed.ts";
import { fromSdkError } from "../sdk-errors.ts";
import { leaveTail } from "./answer.ts";
import { type Ask, type ExchangeParts, exchange, SessionLost, startExchange } from "./exchange.ts";
import { brokenAnswer } from "./http-errors.ts";
import { readRefusal, refusalError } from "./http-status.ts";

const RENEW_MS = 10_000;
const FAREWELL_MS = 1_000;
const INITIALIZED: RpcNotification = { jsonrpc: "2.0", method: "notifications/initialized" };

/** An ask that is told itself how it ended: an object, for each closure shows in the time of a call. */
export interface OpenAsk extends Ask {
  end(failure?: unknown): void;
}

/** Requests and messages to one backend, with the session they need: one that was lost is begun anew behind the SDK's back. */
export class HttpConversation {
  readonly #parts: ExchangeParts;
  readonly #onRenewed: () => void;
  #renewal: Promise<void> | undefined;

  constructor(parts: ExchangeParts, onRenewed: () => void) {
    this.#parts = parts;
    this.#onRenewed = onRenewed;
  }

  /** Sends a request and delivers its answer. When the session was lost, begins a new one and sends the request once more. */
  start(ask: OpenAsk): void {
    try {
      startExchange(this.#parts, ask, this.#ended);
    } catch (failure) {
      ask.end(failure);
    }
  }

  readonly #ended = (ask: OpenAsk, failure?: unknown): void => {
    if (failure instanceof SessionLost)
      this.#askAgain(ask, failure).then(
        () => ask.end(),
        (reason: unknown) => ask.end(reason),
      );
    else ask.end(failure);
  };

  async #askAgain(ask: Ask, lost: SessionLost): Promise<void> {
    await abandonOnAbort(this.#renew(lost.session), ask.signal);
    try {
      await exchange(this.#parts, ask);
    } catch (error) {
      throw error instanceof SessionLost ? error.cause : error;
    }
  }

  /** Sends a notification or a response, which get no answer but a status. */
  async tell(message: RpcMessage, signal: Signal): Promise<void> {
    const { backend, clock, pool, session } = this.#parts;
    const headers = session.postHeaders;
    const answer = await pool.request({ method: "POST", headers, body: stringifyExactly(message), signal });
    if (answer.statusCode >= 300) throw refusalError(backend, await readRefusal(answer, clock.wallTime())).thrown;
    leaveTail(answer.body, clock);
  }

  /** Tells the backend to forget the session, if there is one; takes one second at most and never rejects. */
  async farewell(): Promise<void> {
    const { clock, pool, session } = this.#parts;
    if (session.id === undefined) return;
    using limit = this.#limit(FAREWELL_MS);
    const request = pool.request({ method: "DELETE", headers: session.headers, signal: limit.signal });
    await abandonOnAbort(request, limit.signal).then(
      (answer) => leaveTail(answer.body, clock),
      () => {}, // a backend that does not answer forgets the session by itself
    );
  }

  /** Callers that lost the same session share one renewal; whoever comes after it finds a new session in place. */
  #renew(lost: string): Promise<void> {
    if (!this.#renewal && this.#parts.session.id !== lost) return Promise.resolve();
    this.#renewal ??= this.#beginAnew().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #beginAnew(): Promise<void> {
    const { backend, session } = this.#parts;
    const { initialize } = session;
    if (!initialize) throw new GatewayError("internal", `Cannot begin a new session with "${backend}": it never had one`);
    using limit = this.#limit(RENEW_MS);
    let response: RpcMessage | undefined;
    const deliver = (message: RpcMessage): void => {
      response = message;
    };
    try {
      await exchange(this.#parts, { request: initialize, headers: {}, signal: limit.signal, deliver });
      session.agreeOn(revisionIn(response, backend));
      await this.tell(INITIALIZED, limit.signal);
    } catch (error) {
      throw notExecuted(fromSdkError(error, backend)); // the call that found the session lost never reached a tool
    }
    this.#onRenewed();
  }

  #limit(ms: number): LinkedSignal {
    const { backend, clock } = this.#parts;
    return linkDeadline(
      clock,
      ms,
      undefined,
      () => new GatewayError("deadline_exceeded", `Cannot finish with the session of "${backend}" in time`, { backend }),
    );
  }
}

function revisionIn(response: RpcMessage | undefined, backend: string): string {
  if (response && "error" in response)
    throw new GatewayError("upstream_rejected", `Cannot begin a new session with "${backend}": it refused`, {
      backend,
      rpc: response.error,
    });
  const revision = response && "result" in response ? response.result["protocolVersion"] : undefined;
  if (typeof revision !== "string") throw brokenAnswer(backend, "names no protocol revision");
  return revision;
}
