import { PROTOCOL_VERSION_META_KEY } from "@modelcontextprotocol/client";
import { GatewayError } from "../../model/errors.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";

/** The parameter that `Mcp-Name` repeats, by method (revision 2026-07-28, Streamable HTTP, "Standard Request Headers"). */
const NAME_SOURCE: ReadonlyMap<string, string> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
]);
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Names the transport itself sets; an entry's own headers cannot change them, nor how the message is framed. */
const RESERVED: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "connection",
  "content-length",
  "content-type",
  "expect",
  "keep-alive",
  "last-event-id",
  "mcp-method",
  "mcp-name",
  "mcp-protocol-version",
  "mcp-session-id",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** What every POST says of itself and of the answers it takes. */
export const POST_HEADERS = { accept: "application/json, text/event-stream", "content-type": "application/json" };

/** A registry entry's headers with lower-case names, without those the transport sets itself. */
export function ownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(entries.filter(([name]) => !RESERVED.has(name)));
}

/**
 * A text as an HTTP field value of revision 2026-07-28: visible ASCII stays as it is, anything else becomes
 * `=?base64?<base64 of its UTF-8>?=`. Throws `invalid_argument` for a lone surrogate, which UTF-8 cannot hold.
 */
export function encodeHeaderValue(text: string): string {
  if (PLAIN.test(text) && !(text.startsWith("=?base64?") && text.endsWith("?="))) return text;
  const bytes = Buffer.from(text, "utf8");
  if (bytes.toString("utf8") !== text)
    throw new GatewayError("invalid_argument", "Cannot send a text with half a surrogate pair as an HTTP header", {
      hint: "Remove the broken character from the arguments",
    });
  return `=?base64?${bytes.toString("base64")}?=`;
}

/** The protocol revision a request names in its `_meta`, which makes it a request of the modern era. */
export function claimedRevision(params: unknown): string | undefined {
  const meta = isJsonObject(params) ? params["_meta"] : undefined;
  const revision = isJsonObject(meta) ? meta[PROTOCOL_VERSION_META_KEY] : undefined;
  return typeof revision === "string" ? revision : undefined;
}

/** The requests of one conversation name few methods and tools; a caller that makes names up does not fill the memory. */
const MOST_KEPT = 256;

type PostHeaders = Readonly<Record<string, string>>;

/** The headers of POSTs in the modern era, put together once for each method and name. */
export class ModernPostHeaders {
  readonly #kept = new Map<string, PostHeaders>();
  #last:
    | { readonly revision: string; readonly method: string; readonly name: unknown; readonly headers: PostHeaders }
    | undefined;

  /** Undefined for a request that names no revision. */
  of(method: string, params: JsonObject | undefined): PostHeaders | undefined {
    const revision = claimedRevision(params);
    if (revision === undefined) return undefined;
    const name = params?.[NAME_SOURCE.get(method) ?? ""];
    const last = this.#last;
    if (last?.name === name && last?.method === method && last.revision === revision) return last.headers;
    const headers = this.#keptFor(JSON.stringify([revision, method, name]), method, params);
    this.#last = { revision, method, name, headers };
    return headers;
  }

  #keptFor(key: string, method: string, params: JsonObject | undefined): PostHeaders {
    const known = this.#kept.get(key);
    if (known) return known;
    const made = { ...modernHeaders(method, params), ...POST_HEADERS };
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(key, made);
    return made;
  }
}

/** The headers a request of the modern era repeats from its body; none for a request that names no revision. */
export function modernHeaders(method: string, params: JsonObject | undefined): Readonly<Record<string, string>> {
  const revision = claimedRevision(params);
  if (revision === undefined) return {};
  const name = params?.[NAME_SOURCE.get(method) ?? ""];
  return {
    "mcp-protocol-version": revision,
    "mcp-method": method,
    ...(typeof name === "string" && { "mcp-name": encodeHeaderValue(name) }),
  };
}
