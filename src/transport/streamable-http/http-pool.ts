import { lookup as systemLookup } from "node:dns";
import { BlockList, isIPv6, type LookupFunction } from "node:net";
import { type Dispatcher, Pool } from "undici";
import type { Endpoint, Traffic } from "../../model/ports.ts";
import type { Signal } from "../../model/signal.ts";
import { ownHeaders } from "./headers.ts";
import { brokenAnswer, fromHttpError, LINK_LOCAL_CODE } from "./http-errors.ts";

/** Where a Streamable HTTP backend is reached. */
export type HttpEndpoint = Extract<Endpoint, { kind: "http" }>;

export type HttpAnswer = Pick<Dispatcher.ResponseData, "statusCode" | "headers" | "body">;

export interface HttpRequest {
  readonly method: "POST" | "GET" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: Signal;
}

export interface HttpPoolOptions {
  readonly backend: string;
  readonly endpoint: HttpEndpoint;
  readonly lookup?: LookupFunction;
}

/** The calls a bulkhead lets through at once, a stream of notifications, and room for cancellations. */
const MAX_CONNECTIONS = 48;
/** Below the 5 s after which Node and uvicorn close an idle connection, so that a request does not meet the closing one. */
const KEEP_ALIVE_MS = 4_000;

/**
 * Keep-alive connections to the one address a registry entry names. Redirects are not followed, nothing is inflated, and
 * undici's own timers are off: deadlines come with the signal. Throws GatewayErrors only.
 */
export class HttpPool {
  readonly #pool: Pool;
  readonly #backend: string;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #connectErrors = new WeakSet<object>();
  #requests = 0;
  #connections = 0;

  constructor({ backend, endpoint, lookup = systemLookup }: HttpPoolOptions) {
    const url = new URL(endpoint.url);
    this.#backend = backend;
    this.#path = `${url.pathname}${url.search}`;
    this.#headers = { ...ownHeaders(endpoint.headers), "accept-encoding": "identity" };
    this.#pool = new Pool(url.origin, {
      connections: MAX_CONNECTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(endpoint.socketPath === undefined
        ? { connect: { lookup: refuseLinkLocal(lookup) } }
        : { socketPath: endpoint.socketPath }),
    });
    this.#pool.on("connect", () => {
      this.#connections += 1;
    });
    this.#pool.on("connectionError", (_origin, _targets, error) => this.#connectErrors.add(error));
  }

  /** How many requests it sent, and over how many connections. */
  get traffic(): Traffic {
    return { requests: this.#requests, connections: this.#connections };
  }

  /** Sends one request and waits for the head of its answer; rejects with the signal's reason when that aborts. */
  async request({ method, headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.#send({
      method,
      path: this.#path,
      headers: { ...this.#headers, ...headers },
      body: body ?? null,
      signal,
    });
    const encoding = String(answer.headers["content-encoding"] ?? "identity").toLowerCase();
    if (encoding === "identity") return answer;
    discard(answer.body);
    throw brokenAnswer(this.#backend, "is compressed although identity encoding was asked for");
  }

  /** Closes every connection at once; never rejects. */
  async destroy(): Promise<void> {
    await this.#pool.destroy().catch(() => {}); // the sockets are gone either way
  }

  async #send(options: Dispatcher.RequestOptions & { readonly signal: Signal }): Promise<HttpAnswer> {
    this.#requests += 1;
    try {
      return await this.#pool.request(options);
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      const written = error instanceof Error && this.#connectErrors.has(error) ? "never" : "perhaps";
      throw fromHttpError(error, this.#backend, written);
    }
  }
}

/** Ends a body nobody will read, and its connection with it. */
export function discard(body: Dispatcher.ResponseData["body"]): void {
  body.on("error", () => {}); // destroying a body that is not at its end reports an abort
  body.destroy();
}

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet("169.254.0.0", 16, "ipv4");
LINK_LOCAL.addSubnet("fe80::", 10, "ipv6");

/**
 * Wraps a resolver so that a host name never leads to a link-local address, where clouds keep their credentials; the address
 * is judged when it is dialled. Loopback and private ranges are allowed: the registry named the host.
 */
export function refuseLinkLocal(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, options, (error, address, family) => {
      const addresses = typeof address === "string" ? [address] : (address ?? []).map((entry) => entry.address);
      if (!error && addresses.some((ip) => LINK_LOCAL.check(ip, isIPv6(ip) ? "ipv6" : "ipv4")))
        callback(Object.assign(new Error("Host name leads to a link-local address"), { code: LINK_LOCAL_CODE }), address, family);
      else callback(error, address, family);
    });
}
