import type { LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { GatewayError } from "../../model/errors.ts";
import type { Traffic } from "../../model/ports.ts";
import type { Signal } from "../../model/signal.ts";
import type { Settled } from "../direct-call.ts";
import { Connections, type HttpEndpoint } from "./connections.ts";
import { ownHeaders } from "./headers.ts";
import { type AnswerOwner, AnswerTooLong, type HttpAnswer, isWhole, type WholeAnswer } from "./http-answer.ts";
import { brokenAnswer, fromHttpError, tooLarge } from "./http-errors.ts";

export interface HttpRequest {
  readonly method: "POST" | "GET" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal: Signal;
}

export interface HttpPoolOptions {
  readonly backend: string;
  readonly endpoint: HttpEndpoint;
  readonly lookup?: LookupFunction;
}

/**
 * The calls a bulkhead lets through at once, and a stream of notifications. With half as many again, 64 calls in flight cost a
 * seventh more each: the same system calls, but more memory than a processor keeps near.
 */
const MOST_AT_ONCE = 33;
/** For what must get through while slow calls have all of those: answers to a backend's questions, cancellations, health checks. */
const SPARE = 15;

/**
 * Keep-alive connections to the one address a registry entry names. Redirects are not followed, nothing is inflated, and
 * undici's own timers are off: deadlines come with the signal. Throws GatewayErrors only.
 */
export class HttpPool {
  readonly #usual: Connections;
  readonly #spare: Connections;
  readonly #backend: string;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  /** Headers of requests, and the same as they are sent. */
  readonly #complete = new WeakMap<HttpRequest["headers"], string[]>();
  #requests = 0;

  constructor({ backend, endpoint, lookup }: HttpPoolOptions) {
    const url = new URL(endpoint.url);
    this.#backend = backend;
    this.#path = `${url.pathname}${url.search}`;
    this.#headers = { ...ownHeaders(endpoint.headers), "accept-encoding": "identity" };
    this.#usual = new Connections(endpoint, MOST_AT_ONCE, lookup);
    this.#spare = new Connections(endpoint, SPARE, lookup);
  }

  /** How many requests it sent, and over how many connections. */
  get traffic(): Traffic {
    return { requests: this.#requests, connections: this.#usual.opened + this.#spare.opened };
  }

  /** Sends one request and waits for the head of its answer; rejects with the signal's reason when that aborts. */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.#send(request);
    if (isWhole(answer)) throw new GatewayError("internal", "Answer was read whole and should not have been");
    return answer;
  }

  /**
   * The same without a promise, and an answer of JSON is waited for whole; told is `answer_over_limit` if that has more than
   * `wholeBytes`. Headers that come as the same object again are not put together again.
   */
  ask(request: HttpRequest, wholeBytes: number, settled: Settled<HttpAnswer | WholeAnswer>): void {
    this.#start(request, wholeBytes, settled);
  }

  /** Closes every connection at once; never rejects. */
  async destroy(): Promise<void> {
    await Promise.all([this.#usual.destroy(), this.#spare.destroy()]);
  }

  #send(request: HttpRequest): Promise<HttpAnswer | WholeAnswer> {
    return new Promise((resolve, reject) => {
      this.#start(request, undefined, (answer, failure) => (answer ? resolve(answer) : reject(failure)));
    });
  }

  #start(
    { method, headers, body, signal }: HttpRequest,
    wholeBytes: number | undefined,
    settled: Settled<HttpAnswer | WholeAnswer>,
  ): void {
    if (signal.aborted) {
      settled(undefined, signal.reason);
      return;
    }
    this.#requests += 1;
    const reader = new ToldAnswer(this, signal, wholeBytes, settled);
    const options = { method, path: this.#path, headers: this.#withOwn(headers), body: body ?? null };
    this.#next().dispatch(options, reader);
  }

  /** Where all are taken, a request waits for those of which one is sooner free. */
  #next(): Connections {
    return this.#usual.hasRoom || !this.#spare.hasRoom ? this.#usual : this.#spare;
  }

  #withOwn(headers: HttpRequest["headers"]): string[] {
    const known = this.#complete.get(headers);
    if (known) return known;
    const all = Object.entries({ ...this.#headers, ...headers }).flat();
    this.#complete.set(headers, all);
    return all;
  }

  /** What a failure of undici's means. */
  failure(error: unknown, wholeBytes: number | undefined): unknown {
    if (error instanceof AnswerTooLong) return tooLarge(this.#backend, wholeBytes ?? 0);
    const written = this.#usual.isConnectError(error) || this.#spare.isConnectError(error) ? "never" : "perhaps";
    return fromHttpError(error, this.#backend, written);
  }

  /** Why a body that is read as it comes cannot be. */
  unreadable({ headers, body }: HttpAnswer): GatewayError | undefined {
    if (String(headers["content-encoding"] ?? "identity").toLowerCase() === "identity") return undefined;
    discard(body);
    return brokenAnswer(this.#backend, "is compressed although identity encoding was asked for");
  }
}

/** Tells the answer to one request, and what is wrong with it in our own words. */
class ToldAnswer implements AnswerOwner {
  readonly signal: Signal;
  readonly wholeBytes: number | undefined;
  readonly #pool: Pick<HttpPool, "failure" | "unreadable">;
  readonly #settled: Settled<HttpAnswer | WholeAnswer>;

  constructor(
    pool: Pick<HttpPool, "failure" | "unreadable">,
    signal: Signal,
    wholeBytes: number | undefined,
    settled: Settled<HttpAnswer | WholeAnswer>,
  ) {
    this.#pool = pool;
    this.signal = signal;
    this.wholeBytes = wholeBytes;
    this.#settled = settled;
  }

  onAnswer(answer: HttpAnswer | WholeAnswer): void {
    const refusal = isWhole(answer) ? undefined : this.#pool.unreadable(answer);
    if (refusal) this.#settled(undefined, refusal);
    else this.#settled(answer);
  }

  /** A microtask later: that a connection could not be made, undici tells right after it. */
  onFailed(error: unknown): void {
    const { signal, wholeBytes } = this;
    queueMicrotask(() => this.#settled(undefined, signal.aborted ? signal.reason : this.#pool.failure(error, wholeBytes)));
  }
}

/** Ends a body nobody will read, and its connection with it. */
export function discard(body: Readable): void {
  body.on("error", () => {}); // destroying a body that is not at its end reports an abort
  body.destroy();
}
