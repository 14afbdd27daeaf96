import { Buffer } from "node:buffer";
import { RawObject } from "../model/raw-result.ts";
import { stringifyExactly } from "./exact-json.ts";
import type { RequestId, RpcRequest } from "./json-rpc.ts";

const METHOD = "tools/call";
const BEGINNING = Buffer.from('{"jsonrpc":"2.0","id":');
/** A conversation calls few tools; whoever makes names up does not fill the memory. */
const MOST_KEPT = 256;
const LONGEST_NAME = 256;
const LONGEST_TAIL = 1_024;
const NO_META = Buffer.from("}}");
const ZERO = 0x30;

/** Writes requests as JSON. Arguments that were not read go in as they came, and what comes again and again is written once. */
export class RequestEncoder {
  readonly #heads = new Map<string, Buffer>();
  #lastMeta: unknown;
  #lastTail: Buffer = NO_META;

  /** As text, or as bytes where the arguments are bytes. */
  encode(request: RpcRequest): string | Buffer {
    const { id, method, params } = request;
    const raw = params?.["arguments"];
    if (!params || !(raw instanceof RawObject)) return stringifyExactly(request);
    const name = params["name"];
    if (method === METHOD && isCounted(id) && typeof name === "string" && holdsOnlyMeta(params))
      return put(id, this.#headFor(name), raw, this.#tailFor(params["_meta"]));
    return stringifyExactly({ ...request, params: { ...params, arguments: raw.parse() } });
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

/** An id of ours. */
const isCounted = (id: RequestId): id is number => typeof id === "number" && Number.isSafeInteger(id) && id > 0;

function holdsOnlyMeta(params: object): boolean {
  for (const key in params) if (key !== "name" && key !== "arguments" && key !== "_meta") return false;
  return true;
}

function put(id: number, head: Buffer, raw: RawObject, tail: Buffer): Buffer {
  const digits = digitsOf(id);
  const text = Buffer.allocUnsafe(BEGINNING.length + digits + head.length + raw.bytes + tail.length);
  text.set(BEGINNING);
  let at = BEGINNING.length + digits;
  for (let [place, left] = [at - 1, id]; left > 0; place -= 1) {
    text[place] = ZERO + (left % 10);
    left = Math.floor(left / 10);
  }
  text.set(head, at);
  at += head.length;
  for (const piece of raw.pieces) {
    text.set(piece, at);
    at += piece.length;
  }
  text.set(tail, at);
  return text;
}

function digitsOf(id: number): number {
  let digits = 0;
  for (let left = id; left > 0; left = Math.floor(left / 10)) digits += 1;
  return digits;
}
