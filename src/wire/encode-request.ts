import { Buffer } from "node:buffer";
import { RawObject } from "../model/raw-result.ts";
import { stringifyExactly } from "./exact-json.ts";
import { isCounted, joinBytes, type Part } from "./join-bytes.ts";
import { MESSAGE_BEGINNING, type RpcRequest } from "./json-rpc.ts";
import type { Line } from "./line-writer.ts";

const METHOD = "tools/call";
/** A conversation calls few tools; whoever makes names up does not fill the memory. */
const MOST_KEPT = 256;
const LONGEST_NAME = 256;
const LONGEST_TAIL = 1_024;
const NO_META = Buffer.from("}}");

/** Writes requests as JSON. Arguments that were not read go in as they came, and what comes again and again is written once. */
export class RequestEncoder {
  readonly #heads = new Map<string, Buffer>();
  #lastMeta: unknown;
  #lastTail: Buffer = NO_META;

  /** As text, or as bytes where the arguments are bytes. */
  encode(request: RpcRequest): string | Buffer {
    const parts = this.#partsOf(request);
    return parts ? joinBytes(parts) : encodeRead(request);
  }

  /** The same as a line, whose parts are put together by whoever writes it. */
  encodeLine(request: RpcRequest): Line {
    return this.#partsOf(request) ?? encodeRead(request);
  }

  /** Undefined for a request whose arguments were read, or have to be. */
  #partsOf({ id, method, params }: RpcRequest): readonly Part[] | undefined {
    const raw = params?.["arguments"];
    const name = params?.["name"];
    if (!params || !(raw instanceof RawObject) || method !== METHOD || typeof name !== "string") return undefined;
    if (!isCounted(id) || !holdsOnlyMeta(params)) return undefined;
    return [MESSAGE_BEGINNING, id, this.#headFor(name), ...raw.pieces, this.#tailFor(params["_meta"])];
  }

  #headFor(name: string): Buffer {
    const known = this.#heads.get(name);
    if (known) return known;
    const made = Buffer.from(`,"method":"${METHOD}","params":{"name":${JSON.stringify(name)},"arguments":`);
    if (name.length > LONGEST_NAME) return made;
    if (this.#heads.size >= MOST_KEPT) this.#heads.clear();
    this.#heads.set(name, made);
    return made;
  }

  #tailFor(meta: unknown): Buffer {
    if (meta === undefined) return NO_META;
    if (meta === this.#lastMeta) return this.#lastTail;
    const tail = Buffer.from(`,"_meta":${stringifyExactly(meta)}}}`);
    if (tail.length > LONGEST_TAIL) return tail;
    this.#lastMeta = meta;
    this.#lastTail = tail;
    return tail;
  }
}

function encodeRead(request: RpcRequest): string {
  const raw = request.params?.["arguments"];
  if (!(raw instanceof RawObject)) return stringifyExactly(request);
  return stringifyExactly({ ...request, params: { ...request.params, arguments: raw.parse() } });
}

function holdsOnlyMeta(params: object): boolean {
  for (const key in params) if (key !== "name" && key !== "arguments" && key !== "_meta") return false;
  return true;
}
