import type { Dispatcher } from "undici";
import type * as z from "zod/mini";
import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import type { Clock } from "../time/clock.ts";
import { linkSignal } from "../time/linked-signal.ts";
import { EngineError, garbled, hanging, refusedBy, unreachable } from "./engine-errors.ts";

/** Longest time an ordinary engine call may take, in ms. */
export const CALL_MS = 10_000;

const NEWEST_KNOWN_API = 47;
const MAX_ANSWER_BYTES = 16 * 1_024 * 1_024;
const KEPT_ALIVE_MS = 1_000; // an engine that sleeps when idle closes connections: do not keep them long enough to race it

export interface EngineCall {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** What is being done, as the end of "refused to …". */
  readonly action: string;
  /** Default 10 s; `Infinity` for a call that waits for something to happen. */
  readonly withinMs?: number;
  readonly signal?: Signal | undefined;
  /** Hears the answer piece by piece instead of having it collected; every piece starts the deadline anew. */
  readonly onPiece?: ((piece: Buffer) => void) | undefined;
}

export interface EngineAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface EngineHttpOptions {
  readonly socketPath: string;
  readonly clock: Clock;
  /** Called when the engine could not be reached, so that its owner can look for it anew. */
  readonly onGone?: (() => void) | undefined;
}

interface Deadline extends Disposable {
  readonly signal: Signal;
  /** Gives the call its whole time again. */
  renew(): void;
}

/** HTTP over an engine's socket: every call ends within its deadline, every failure is an EngineError or the signal's reason. */
export class EngineHttp implements AsyncDisposable {
  readonly socketPath: string;
  readonly #options: EngineHttpOptions;
  #pool: Promise<Dispatcher> | undefined;
  #prefix = "";

  constructor(options: EngineHttpOptions) {
    this.socketPath = options.socketPath;
    this.#options = options;
  }

  /** Sends one call and collects its answer; throws unless the status is below 400. */
  async call(call: EngineCall): Promise<EngineAnswer> {
    using deadline = this.#deadline(call);
    const answer = await this.#exchange(call, deadline).catch((error: unknown) => {
      throw this.#translate(error, deadline.signal);
    });
    if (answer.status >= 400) throw refusedBy(call.action, answer.status, answer.body.toString("utf8"));
    return answer;
  }

  /** Sends one call and reads its answer as JSON of the given shape. */
  async json<T extends z.ZodMiniType>(shape: T, call: EngineCall): Promise<z.infer<T>> {
    const { body } = await this.call(call);
    try {
      return shape.parse(JSON.parse(body.toString("utf8")));
    } catch (cause) {
      throw garbled(this.socketPath, `it did not ${call.action} in a form that is known`, cause);
    }
  }

  /** Settles on the engine's API version, or on the newest one known here if that is older. */
  speak(apiVersion: string): void {
    const minor = Number(/^1\.(\d+)$/.exec(apiVersion)?.[1] ?? Number.NaN);
    if (Number.isNaN(minor)) throw garbled(this.socketPath, `API version ${JSON.stringify(apiVersion)} is not known`);
    this.#prefix = `/v1.${Math.min(minor, NEWEST_KNOWN_API)}`;
  }

  /** The whole path of a call that does not go through `call`. */
  versioned(path: string): string {
    return this.#prefix + path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pool = await this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  #deadline({ action, signal, withinMs = CALL_MS }: EngineCall): Deadline {
    const linked = linkSignal(signal);
    const arm = () =>
      withinMs === Number.POSITIVE_INFINITY
        ? undefined
        : this.#options.clock.after(withinMs, () => linked.abort(hanging(action, withinMs)));
    let timer = arm();
    return {
      signal: linked.signal,
      renew() {
        timer?.[Symbol.dispose]();
        timer = arm();
      },
      [Symbol.dispose]() {
        timer?.[Symbol.dispose]();
        linked[Symbol.dispose]();
      },
    };
  }

  async #exchange(call: EngineCall, { signal, renew }: Deadline): Promise<EngineAnswer> {
    const pool = await this.#connect();
    const query = new URLSearchParams(call.query).toString();
    const path = this.versioned(call.path);
    const { statusCode, headers, body } = await pool.request({
      method: call.method,
      path: query ? `${path}?${query}` : path,
      headers: call.body === undefined ? {} : { "content-type": "application/json" },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal,
    });
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      if (call.onPiece && statusCode < 400) {
        renew();
        call.onPiece(piece);
        continue;
      }
      length += piece.length;
      if (length > MAX_ANSWER_BYTES) throw garbled(this.socketPath, "the answer is longer than 16 MiB");
      pieces.push(piece);
    }
    return { status: statusCode, headers, body: Buffer.concat(pieces) };
  }

  #connect(): Promise<Dispatcher> {
    this.#pool ??= import("undici").then(
      ({ Pool }) =>
        new Pool("http://localhost", {
          connect: { socketPath: this.socketPath },
          headersTimeout: 0,
          bodyTimeout: 0,
          keepAliveTimeout: KEPT_ALIVE_MS,
        }),
    );
    return this.#pool;
  }

  #translate(error: unknown, signal: Signal): GatewayError {
    if (signal.aborted) return GatewayError.from(signal.reason);
    const failure = error instanceof EngineError ? error : unreachable(this.socketPath, error);
    if (failure.fault === "gone") this.#options.onGone?.();
    return failure;
  }
}
