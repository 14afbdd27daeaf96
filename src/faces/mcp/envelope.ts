import { isLogLevel, type LogLevel } from "../../model/host.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import { RawObject, type RawResult } from "../../model/raw-result.ts";
import { isPlainIdentity, readCapabilities } from "./declared-capabilities.ts";
import { SERVER_IDENTITY } from "./identity.ts";

/** The keys of the protocol's own in the `_meta` of a request of the modern era. */
export const PROTOCOL_PREFIX = "io.modelcontextprotocol/";
export const PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion";
export const CLIENT_INFO = "io.modelcontextprotocol/clientInfo";
export const CLIENT_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
export const LOG_LEVEL = "io.modelcontextprotocol/logLevel";
export const SERVER_INFO = "io.modelcontextprotocol/serverInfo";

/** The revisions served with per-request metadata. */
export const MODERN_VERSIONS: readonly string[] = ["2026-07-28"];

/** What a request of the modern era says of its host. */
export interface Envelope {
  readonly capabilities: JsonObject;
  readonly logLevel: LogLevel | undefined;
}

/** Reads the envelope of a request; undefined for none, and for one that only the SDK's schemas can judge. */
export function readEnvelope(params: JsonObject | undefined): Envelope | undefined {
  const meta = params?.["_meta"];
  if (!isJsonObject(meta) || !MODERN_VERSIONS.some((version) => version === meta[PROTOCOL_VERSION])) return undefined;
  const { [CLIENT_CAPABILITIES]: capabilities, [CLIENT_INFO]: identity, [LOG_LEVEL]: logLevel } = meta;
  if (!isJsonObject(capabilities) || !readCapabilities(capabilities)) return undefined;
  if (identity !== undefined && !isPlainIdentity(identity)) return undefined;
  if (logLevel !== undefined && !isLogLevel(logLevel)) return undefined;
  return { capabilities, logLevel };
}

/** Whether params hold nothing but these members, and a `_meta` without anything of the protocol's own. */
export function holdsOnly(params: JsonObject | undefined, ...names: readonly string[]): boolean {
  if (params === undefined) return true;
  const meta = params["_meta"] ?? {};
  return (
    Object.keys(params).every((name) => name === "_meta" || names.includes(name)) &&
    isJsonObject(meta) &&
    !Object.keys(meta).some((key) => key.startsWith(PROTOCOL_PREFIX))
  );
}

/** The result with what every result of the modern era carries. */
export function inModernEnvelope(result: JsonObject): JsonObject {
  const own = result["_meta"];
  return { resultType: "complete", ...result, _meta: { [SERVER_INFO]: SERVER_IDENTITY, ...(isJsonObject(own) ? own : {}) } };
}

/** What comes before the members of a result, its brace included. */
const openingWith = (own: JsonObject): Buffer => Buffer.from(`${JSON.stringify(inModernEnvelope({ _meta: own })).slice(0, -1)},`);

const OPENING = openingWith({});
const CLOSE = Buffer.from("}");

/** The same around a result that was not read, in its own bytes; undefined for one whose `_meta` would have to be looked into. */
export const inModernEnvelopeUnread = (result: RawResult): RawObject | undefined =>
  result.hasMeta && !result.added ? undefined : new EnvelopedResult(result);

class EnvelopedResult extends RawObject {
  readonly pieces: readonly Uint8Array[];
  readonly #inner: RawResult;

  constructor(inner: RawResult) {
    super();
    this.#inner = inner;
    const { added } = inner;
    const [first, ...others] = added?.before ?? inner.pieces;
    const members = first ? [first.subarray(1), ...others] : []; // its brace is in the opening, and it is never empty
    this.pieces = added ? [openingWith(added.meta), ...members, CLOSE] : [OPENING, ...members];
  }

  parse(): JsonObject {
    return inModernEnvelope(this.#inner.parse());
  }
}
