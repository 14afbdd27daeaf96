import type { Client, StandardSchemaV1 } from "@modelcontextprotocol/client";
import type { CallDone, ToolAnswer } from "../model/call.ts";
import { GatewayError } from "../model/errors.ts";
import type { Host } from "../model/host.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { Connection, Era, PeerFacts, RequestOptions, Traffic } from "../model/ports.ts";
import { RawObject, readRaw } from "../model/raw-result.ts";
import type { Signal } from "../model/signal.ts";
import { type Clock, sleep } from "../time/clock.ts";
import { abandonOnAbort, nativeSignal } from "../time/linked-signal.ts";
import { deniesEra } from "./denies-era.ts";
import { DirectCalls, type SendDirect } from "./direct-call.ts";
import { followChanges } from "./follow-changes.ts";
import { followHost } from "./follow-host.ts";
import type { LogLevelSetter } from "./log-level.ts";
import { fromSdkError } from "./sdk-errors.ts";

/** Lets every result through as it came: the SDK's own schemas would strip what they do not know. */
export const AS_IT_CAME: StandardSchemaV1<unknown, JsonObject> = {
  "~standard": {
    version: 1,
    vendor: "sallyport",
    validate: (value) => (isJsonObject(value) ? { value } : { issues: [{ message: "Result is not an object" }] }),
  },
};

/** The longest timeout the SDK's timers take; deadlines come by signal. */
export const NO_TIMEOUT_MS = 2 ** 31 - 1;

const CLOSE_MS = 3_000;
const NO_HEADERS = {};

/** An SDK client that has finished its handshake, and what the handshake told. */
export interface Dialled {
  readonly client: Client;
  readonly era: Era;
  readonly peer: PeerFacts;
  /** Resolves when the client has closed, by us or by the peer. */
  readonly closed: Promise<void>;
}

export interface SdkConnectionParts extends Dialled {
  readonly backend: string;
  readonly identity: { readonly name: string; readonly version: string };
  readonly clock: Clock;
  readonly host: Host;
  /** How many lines of a child were skipped so far. */
  readonly strayLines?: (() => number) | undefined;
  /** Whether the backend gave the conversation a session id. */
  readonly hasSession?: (() => boolean) | undefined;
  /** How well its connections are reused. */
  readonly traffic?: (() => Traffic | undefined) | undefined;
  /** Where tool calls can go past the client. */
  readonly sendDirect?: SendDirect | undefined;
  /** The HTTP headers a request brings along besides those the transport makes of its body. */
  readonly headersFor?:
    | ((method: string, params: JsonObject, definition: JsonObject) => Record<string, string> | undefined)
    | undefined;
  /** Why a modern tool may not be offered over this transport. */
  readonly toolFault?: ((definition: JsonObject) => string | undefined) | undefined;
}

/** A request on its way past the SDK client. */
interface Asked {
  readonly direct: DirectCalls;
  readonly method: string;
  readonly params: JsonObject;
  readonly options: RequestOptions;
  readonly takesRaw: boolean;
  readonly done: CallDone;
}

/** A `Connection` over an SDK client, whatever the transport below it. */
export class SdkConnection implements Connection {
  readonly era: Era;
  readonly peer: PeerFacts;
  readonly closed: Promise<void>;
  readonly #parts: SdkConnectionParts;
  readonly #direct: DirectCalls | undefined;
  readonly #logLevel: LogLevelSetter | undefined;

  constructor(parts: SdkConnectionParts) {
    this.#parts = parts;
    this.#direct = parts.sendDirect && new DirectCalls({ ...parts, send: parts.sendDirect });
    this.era = parts.era;
    this.peer = parts.peer;
    this.closed = parts.closed;
    if (parts.era === "modern")
      void followChanges(parts); // never rejects, ends with the client
    else this.#logLevel = followHost(parts);
  }

  get strayLines(): number | undefined {
    return this.#parts.strayLines?.();
  }

  get traffic(): Traffic | undefined {
    return this.#parts.traffic?.();
  }

  get hasSession(): boolean {
    return this.#parts.hasSession?.() ?? false;
  }

  toolFault(definition: JsonObject): string | undefined {
    return this.era === "modern" ? this.#parts.toolFault?.(definition) : undefined;
  }

  async request(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject> {
    const direct = this.#direct?.takes(method) ? this.#direct : undefined;
    if (direct) return readRaw(await this.#promised(direct, method, params, options));
    const { backend, client } = this.#parts;
    if (client.transport === undefined) throw closedBefore(backend);
    const { signal, onProgress, definition } = options;
    try {
      const headers = this.#headersFor(method, params, definition);
      return await client.request({ method, params: { ...params } }, AS_IT_CAME, {
        signal: nativeSignal(signal),
        timeout: NO_TIMEOUT_MS,
        allowInputRequired: true,
        ...(headers && { headers }),
        ...(onProgress && { onprogress: onProgress }),
      });
    } catch (error) {
      throw this.#failure(error, signal);
    }
  }

  /** Goes past the SDK client where its transport can, and through it where not. */
  callTool(params: JsonObject, options: RequestOptions, done: CallDone): void {
    const direct = this.#direct;
    if (direct) this.#start({ direct, method: "tools/call", params, options, takesRaw: true, done });
    else this.request("tools/call", withArgumentsRead(params), options).then(done, (reason) => done(GatewayError.from(reason)));
  }

  #promised(direct: DirectCalls, method: string, params: JsonObject, options: RequestOptions): Promise<ToolAnswer> {
    return new Promise((resolve, reject) => {
      const done: CallDone = (ending) => (ending instanceof GatewayError ? reject(ending) : resolve(ending));
      this.#start({ direct, method, params, options, takesRaw: false, done });
    });
  }

  #start(asked: Asked): void {
    const { options, done } = asked;
    const { signal, log } = options;
    if (this.#parts.client.transport === undefined) done(closedBefore(this.#parts.backend));
    else if (log && this.#logLevel)
      abandonOnAbort(this.#logLevel.atLeast(log.level), signal).then(
        () => this.#ask(asked),
        (failure: unknown) => done(this.#failure(failure, signal)),
      );
    else this.#ask(asked);
  }

  #ask({ direct, method, params, options, takesRaw, done }: Asked): void {
    const { signal, definition } = options;
    try {
      const headers = this.#headersFor(method, params, definition) ?? NO_HEADERS;
      direct.call(method, params, headers, options, takesRaw, (result, failure) =>
        done(result ?? this.#failure(failure, signal)),
      );
    } catch (failure) {
      done(this.#failure(failure, signal)); // an argument that cannot be a header
    }
  }

  #headersFor(method: string, params: JsonObject, definition: JsonObject | undefined): Record<string, string> | undefined {
    return definition && this.#parts.headersFor?.(method, params, definition);
  }

  #failure(error: unknown, signal: Signal): GatewayError {
    const { backend, client } = this.#parts;
    const failure = fromSdkError(error, backend, signal);
    if (!deniesEra(failure, this.era)) return failure;
    void client.close().catch(() => {}); // whoever calls next finds out who answers there now
    return otherEra(backend, failure);
  }

  async probe(signal: Signal): Promise<void> {
    try {
      await this.request(this.era === "legacy" ? "ping" : "server/discover", {}, { signal });
    } catch (error) {
      const answered = error instanceof GatewayError && error.rpc !== undefined;
      if (!answered) throw error; // an error answer shows a living backend as well as a result does
    }
  }

  /** Ends the conversation; waits three seconds at most and never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    const limit = new AbortController();
    const patience = sleep(this.#parts.clock, CLOSE_MS, limit.signal);
    await Promise.race([this.#parts.client.close(), patience]).catch(() => {}); // nothing is left to be done about it
    limit.abort();
    await patience.catch(() => {}); // the abort just above
  }
}

/** For the SDK client, which knows no unread arguments. */
function withArgumentsRead(params: JsonObject): JsonObject {
  const args = params["arguments"];
  return args instanceof RawObject ? { ...params, arguments: args.parse() } : params;
}

const otherEra = (backend: string, cause: GatewayError): GatewayError =>
  new GatewayError("unavailable", `Cannot call "${backend}": it speaks another protocol era than it did before`, {
    backend,
    outcome: "not_executed",
    hint: "Call again: the next call greets it anew",
    cause,
  });

const closedBefore = (backend: string): GatewayError =>
  new GatewayError("unavailable", `Cannot call "${backend}": its connection is closed`, { backend, outcome: "not_executed" });
