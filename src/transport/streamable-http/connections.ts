import { lookup as systemLookup } from "node:dns";
import { BlockList, isIPv6, type LookupFunction, type Socket } from "node:net";
import { buildConnector, type Dispatcher, Pool } from "undici";
import type { Endpoint } from "../../model/ports.ts";
import { intoReusedBuffer } from "../../wire/reused-buffer.ts";
import { type AnswerOwner, AnswerReader } from "./http-answer.ts";
import { LINK_LOCAL_CODE } from "./http-errors.ts";

/** Where a Streamable HTTP backend is reached. */
export type HttpEndpoint = Extract<Endpoint, { kind: "http" }>;

/**
 * Far below the 5 s after which Node and uvicorn close an idle connection: a gateway that gets no CPU for a second or two does
 * not meet the closing one either.
 */
const KEEP_ALIVE_MS = 2_000;

/** A limited number of keep-alive connections to one address, opened when they are first needed. */
export class Connections {
  readonly #pool: Pool;
  readonly #limit: number;
  readonly #connectErrors = new WeakSet<object>();
  #opened = 0;
  #underWay = 0;

  constructor({ url, socketPath }: HttpEndpoint, limit: number, lookup: LookupFunction = systemLookup) {
    this.#limit = limit;
    const { origin } = new URL(url);
    this.#pool = new Pool(origin, {
      connections: limit,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: connectorTo(origin, socketPath === undefined ? { lookup: refuseLinkLocal(lookup) } : { socketPath }),
    });
    this.#pool.on("connect", () => {
      this.#opened += 1;
    });
    this.#pool.on("connectionError", (_origin, _targets, error) => this.#connectErrors.add(error));
  }

  /** How many were opened so far. */
  get opened(): number {
    return this.#opened;
  }

  /** Whether a request would find one that no other request has. */
  get hasRoom(): boolean {
    return this.#underWay < this.#limit;
  }

  /** Sends a request, or keeps it until one of them is free. */
  dispatch(options: Dispatcher.DispatchOptions, owner: AnswerOwner): void {
    this.#underWay += 1;
    try {
      this.#pool.dispatch(options, new AnswerReader(owner, this.#over));
    } catch (error) {
      this.#over();
      owner.onFailed(error);
    }
  }

  /** Whether the error says that a connection could not be made, so that nothing was sent over it. */
  isConnectError(error: unknown): boolean {
    return error instanceof Error && this.#connectErrors.has(error);
  }

  /** Closes all of them at once; never rejects. */
  async destroy(): Promise<void> {
    await this.#pool.destroy().catch(() => {}); // the sockets are gone either way
  }

  readonly #over = (): void => {
    this.#underWay -= 1;
  };
}

/** What opens connections to an address; those that are not encrypted read into a reused buffer. */
function connectorTo(origin: string, options: buildConnector.BuildOptions): buildConnector.connector {
  if (origin.startsWith("https:")) return buildConnector(options);
  return (target, connected) => {
    let socket: Socket | null = null; // it is not read before it is connected
    const reading = intoReusedBuffer((chunk) => socket?.push(chunk) ?? true);
    buildConnector({ ...options, ...reading })(target, (...made) => {
      socket = made[1];
      connected(...made);
    });
  };
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
