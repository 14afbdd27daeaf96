import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  LOG_LEVEL_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  ProtocolError,
} from "@modelcontextprotocol/client";
import type { ToolAnswer } from "../model/call.ts";
import { GatewayError } from "../model/errors.ts";
import type { HostLog } from "../model/host.ts";
import { isJsonObject, type JsonObject, merged } from "../model/json.ts";
import type { Era, RequestOptions } from "../model/ports.ts";
import { RawResult } from "../model/raw-result.ts";
import type { RpcMessage, RpcRequest, RpcResponse } from "../wire/json-rpc.ts";

/** A request that goes past the SDK client, whose bookkeeping costs more than the hop. */
export interface DirectRequest extends Omit<RequestOptions, "definition"> {
  readonly request: RpcRequest;
  /** Whether its result may stay unread. */
  readonly takesRaw: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** Told once, of the one or the other; it does not throw. */
export type Settled<T> = (value: T | undefined, failure?: unknown) => void;

/** Sends it and tells its response; all else that comes meanwhile goes to the SDK client as ever. Does not throw. */
export type SendDirect = (direct: DirectRequest, settled: Settled<RpcResponse | RawResult>) => void;

/** Far above what the SDK client counts to, so that the two never use the same id; within 31 bits, which every server can read. */
const FIRST_ID = 2 ** 30;
const MODERN = "2026-07-28";

/** The methods a host or its model may be asked something by, and what a complete result of them holds. */
const CONTENTS: ReadonlyMap<string, string> = new Map([
  ["tools/call", "content"],
  ["prompts/get", "messages"],
  ["resources/read", "contents"],
]);

export interface DirectCallsOptions {
  readonly backend: string;
  readonly era: Era;
  readonly identity: { readonly name: string; readonly version: string };
  readonly send: SendDirect;
}

/** Requests without the SDK client: the same bytes on the wire, the same results, the same errors. */
export class DirectCalls {
  readonly #options: DirectCallsOptions;
  readonly #envelope: JsonObject;
  /** Most calls say the same of themselves: then what is sent of it need not be written anew. */
  #lastMeta: JsonObject | undefined;
  #lastEnveloped: JsonObject;
  #nextId = FIRST_ID;

  constructor(options: DirectCallsOptions) {
    this.#options = options;
    const modern = {
      [PROTOCOL_VERSION_META_KEY]: MODERN,
      [CLIENT_INFO_META_KEY]: options.identity,
      [CLIENT_CAPABILITIES_META_KEY]: {},
    };
    this.#envelope = options.era === "modern" ? modern : {};
    this.#lastEnveloped = this.#envelope;
  }

  /** Whether requests of this method go this way: those in whose middle a backend may ask and log. */
  takes(method: string): boolean {
    return CONTENTS.has(method);
  }

  /** Tells the result as it came; or what the transport has against it, or a ProtocolError for a JSON-RPC error. */
  call(
    method: string,
    params: JsonObject,
    headers: Readonly<Record<string, string>>,
    { signal, onProgress, askHost, log }: RequestOptions,
    takesRaw: boolean,
    settled: Settled<ToolAnswer>,
  ): void {
    const id = this.#nextId++;
    const request: RpcRequest = { jsonrpc: "2.0", id, method, params: this.#paramsFor(id, params, onProgress, log) };
    this.#options.send({ request, headers, signal, onProgress, askHost, log, takesRaw }, (response, failure) => {
      const isReady = response instanceof RawResult && (this.#options.era === "legacy" || response.isComplete);
      if (isReady || !response) settled(response, failure);
      else this.#tell(response, method, settled);
    });
  }

  #tell(response: RpcResponse | RawResult, method: string, settled: Settled<ToolAnswer>): void {
    let result: ToolAnswer;
    try {
      result = this.#resultIn(response, method);
    } catch (failure) {
      settled(undefined, failure);
      return;
    }
    settled(result);
  }

  #resultIn(response: RpcResponse | RawResult, method: string): ToolAnswer {
    if (response instanceof RawResult) return this.#read(response.parse(), "");
    if ("error" in response) throw new ProtocolError(response.error.code, response.error.message, response.error.data);
    return this.#read(response.result, CONTENTS.get(method) ?? "");
  }

  #paramsFor(id: number, params: JsonObject, onProgress: RequestOptions["onProgress"], log: HostLog | undefined): JsonObject {
    if (this.#options.era === "legacy" && !onProgress) return params; // nothing of ours to say
    const own = this.#metaFor(id, onProgress, log);
    const meta = params["_meta"] as JsonObject | undefined;
    const _meta = own ? merged(this.#envelope, meta, own) : this.#inEnvelope(meta);
    return { ...params, _meta };
  }

  /** The same object for the same object. */
  #inEnvelope(meta: JsonObject | undefined): JsonObject {
    if (meta !== this.#lastMeta) {
      this.#lastMeta = meta;
      this.#lastEnveloped = merged(this.#envelope, meta);
    }
    return this.#lastEnveloped;
  }

  #metaFor(id: number, onProgress: RequestOptions["onProgress"], log: HostLog | undefined): JsonObject | undefined {
    if (!onProgress && !log) return undefined;
    const wantsLog = log !== undefined && this.#options.era === "modern";
    return { ...(onProgress && { progressToken: id }), ...(wantsLog && { [LOG_LEVEL_META_KEY]: log.level }) };
  }

  #read(raw: JsonObject, contents: string): JsonObject {
    const { backend, era } = this.#options;
    const { resultType, ...result } = raw;
    if (era === "legacy") return resultType === undefined ? raw : result;
    if (resultType === "complete" && Array.isArray(result[contents])) return result;
    if (resultType === "input_required" && asksForSomething(result)) return raw;
    const found = resultType === "complete" ? `no ${contents}` : `resultType ${JSON.stringify(resultType) ?? "missing"}`;
    throw new GatewayError("upstream_protocol", `Cannot use the answer of "${backend}": a result of ${MODERN} with ${found}`, {
      backend,
    });
  }
}

function asksForSomething({ inputRequests, requestState }: JsonObject): boolean {
  return typeof requestState === "string" || (isJsonObject(inputRequests) && Object.keys(inputRequests).length > 0);
}

/** Takes what belongs to a direct request: its response is kept, its progress told. */
export class DirectInbox {
  readonly direct: DirectRequest;
  response: RpcResponse | RawResult | undefined;

  constructor(direct: DirectRequest) {
    this.direct = direct;
  }

  /** False for a message that is somebody else's. */
  take(message: RpcMessage): boolean {
    const { id } = this.direct.request;
    if (!("method" in message)) {
      if (message.id !== id) return false;
      this.response = message;
    } else {
      if (message.method !== "notifications/progress" || message.params?.["progressToken"] !== id) return false;
      this.#tell(message.params);
    }
    return true;
  }

  #tell({ progress, total, message }: JsonObject): void {
    if (typeof progress !== "number") return; // not what the protocol calls progress
    const update = {
      progress,
      ...(typeof total === "number" && { total }),
      ...(typeof message === "string" && { message }),
    };
    try {
      this.direct.onProgress?.(update);
    } catch {
      // a defect of whoever listens must not cost the call its answer
    }
  }
}
