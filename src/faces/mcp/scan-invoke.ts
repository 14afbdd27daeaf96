import { Buffer, isUtf8 } from "node:buffer";
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import type { JsonObject } from "../../model/json.ts";
import { RawObject } from "../../model/raw-result.ts";
import { parseLosslessly } from "../../wire/exact-json.ts";
import { MAX_MESSAGE_DEPTH, type RpcRequest } from "../../wire/json-rpc.ts";
import { JsonWalk, NOWHERE } from "../../wire/json-walk.ts";
import { RawArguments } from "../../wire/raw-arguments.ts";

const VERSION = Buffer.from('"2.0"');
const METHOD = Buffer.from('"tools/call"');
const NAMES = [Buffer.from('"invoke"'), Buffer.from('"invoke_readonly"')];
const KEYS = {
  jsonrpc: Buffer.from("jsonrpc"),
  id: Buffer.from("id"),
  method: Buffer.from("method"),
  params: Buffer.from("params"),
  name: Buffer.from("name"),
  arguments: Buffer.from("arguments"),
  tool: Buffer.from("tool"),
  meta: Buffer.from("_meta"),
};
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const NINE = 0x39;
const LONGEST_ID = 15;
const LONGEST_KEPT = 1_024;
const NO_LINE = Buffer.alloc(0);

/**
 * Looks at a line of the host whether it is a call of a server's tool in its plainest form: `invoke` or `invoke_readonly` with
 * nothing but `tool` and `arguments`, under a whole number as its id. Its arguments are then left unread (`RawArguments`), to go on
 * in their own bytes. Undefined on any doubt, and for everything else: the parser is always right.
 */
export const scanInvoke = (line: Buffer): RpcRequest | undefined => scanner.scan(line);

/** The same message with its arguments read, for whoever knows no unread ones. */
export function withReadArguments(message: JSONRPCMessage): JSONRPCMessage {
  const params = "params" in message ? (message.params as JsonObject | undefined) : undefined;
  const args = params?.["arguments"] as JsonObject | undefined;
  const raw = args?.["arguments"];
  if (!(raw instanceof RawObject)) return message;
  return { ...message, params: { ...params, arguments: { ...args, arguments: raw.parse() } } } as JSONRPCMessage;
}

class InvokeScanner {
  readonly #walk = new JsonWalk(MAX_MESSAGE_DEPTH);
  readonly #tools = new LastRead((bytes) => bytes.toString("utf8"));
  readonly #metas = new LastRead((bytes) => parseLosslessly(bytes.toString("utf8")) as JsonObject); // the walk has seen its braces
  #line: Buffer = NO_LINE;
  #id = Number.NaN;
  #version = false;
  #method = false;
  #name: string | undefined;
  #toolStart = NOWHERE;
  #toolEnd = NOWHERE;
  #start = NOWHERE;
  #end = NOWHERE;
  #metaStart = NOWHERE;
  #metaEnd = NOWHERE;

  scan(line: Buffer): RpcRequest | undefined {
    this.#line = line;
    this.#id = Number.NaN;
    this.#version = this.#method = false;
    this.#name = undefined;
    this.#toolStart = this.#toolEnd = this.#start = this.#end = this.#metaStart = this.#metaEnd = NOWHERE;
    this.#walk.open(line);
    const end = this.#walk.object(this.#walk.space(0), this.#messageMember);
    const isWhole = end !== NOWHERE && this.#walk.space(end) === line.length;
    this.#walk.close();
    const request = isWhole && isUtf8(line) ? this.#request() : undefined;
    this.#line = NO_LINE; // the scanner outlives the line
    return request;
  }

  #request(): RpcRequest | undefined {
    const name = this.#name;
    if (!this.#version || !this.#method || Number.isNaN(this.#id) || name === undefined || this.#toolStart === NOWHERE)
      return undefined;
    const tool = this.#tools.of(this.#line, this.#toolStart, this.#toolEnd);
    const hasArguments = this.#start !== NOWHERE;
    const args = hasArguments ? { tool, arguments: new RawArguments(this.#line.subarray(this.#start, this.#end)) } : { tool };
    const params =
      this.#metaStart === NOWHERE
        ? { name, arguments: args }
        : { name, arguments: args, _meta: this.#metas.of(this.#line, this.#metaStart, this.#metaEnd) };
    return { jsonrpc: "2.0", id: this.#id, method: "tools/call", params };
  }

  readonly #messageMember = (keyStart: number, keyEnd: number, at: number): number => {
    if (this.#is(KEYS.method, keyStart, keyEnd)) {
      this.#method = this.#walk.startsWith(at, METHOD);
      return this.#method ? at + METHOD.length : NOWHERE;
    }
    if (this.#is(KEYS.params, keyStart, keyEnd)) return this.#walk.object(at, this.#param);
    if (this.#is(KEYS.jsonrpc, keyStart, keyEnd)) {
      this.#version = this.#walk.startsWith(at, VERSION);
      return this.#version ? at + VERSION.length : NOWHERE;
    }
    return this.#is(KEYS.id, keyStart, keyEnd) ? this.#takeId(at) : NOWHERE;
  };

  readonly #param = (keyStart: number, keyEnd: number, at: number): number => {
    if (this.#is(KEYS.arguments, keyStart, keyEnd)) return this.#walk.object(at, this.#argument);
    if (this.#is(KEYS.name, keyStart, keyEnd)) return this.#takeName(at);
    if (!this.#is(KEYS.meta, keyStart, keyEnd)) return NOWHERE;
    this.#metaStart = at;
    this.#metaEnd = this.#walk.object(at);
    return this.#metaEnd;
  };

  readonly #argument = (keyStart: number, keyEnd: number, at: number): number => {
    if (this.#is(KEYS.tool, keyStart, keyEnd)) return this.#takeTool(at);
    if (!this.#is(KEYS.arguments, keyStart, keyEnd)) return NOWHERE;
    this.#start = at;
    this.#end = this.#walk.object(at);
    return this.#end;
  };

  #takeName(at: number): number {
    for (const name of NAMES) {
      if (!this.#walk.startsWith(at, name)) continue;
      this.#name = name === NAMES[0] ? "invoke" : "invoke_readonly";
      return at + name.length;
    }
    return NOWHERE;
  }

  /** One with an escape means something else than it says. */
  #takeTool(at: number): number {
    const end = this.#walk.string(at);
    for (let byte = at; byte < end; byte += 1) if (this.#line[byte] === BACKSLASH) return NOWHERE;
    this.#toolStart = at + 1;
    this.#toolEnd = end - 1;
    return end;
  }

  /** A whole number as most hosts count them: no sign, no leading zero. */
  #takeId(at: number): number {
    const line = this.#line;
    let value = 0;
    let end = at;
    for (let byte = line[end] ?? 0; byte >= ZERO && byte <= NINE; byte = line[end] ?? 0) {
      value = value * 10 + byte - ZERO;
      end += 1;
    }
    if (end === at || end - at > LONGEST_ID || (line[at] === ZERO && end - at > 1)) return NOWHERE;
    this.#id = value;
    return end;
  }

  #is(key: Buffer, start: number, end: number): boolean {
    return end - start === key.length && this.#walk.startsWith(start, key);
  }
}

/** What bytes say, read once: the same bytes again say the same, and a host mostly calls one tool a few times. */
class LastRead<T> {
  readonly #read: (bytes: Buffer) => T;
  #bytes: Buffer = NO_LINE;
  #value: T | undefined;

  constructor(read: (bytes: Buffer) => T) {
    this.#read = read;
  }

  of(line: Buffer, start: number, end: number): T {
    if (this.#value !== undefined && this.#isLast(line, start, end)) return this.#value;
    const bytes = Buffer.from(line.subarray(start, end)); // the line itself goes
    const value = this.#read(bytes);
    if (bytes.length > LONGEST_KEPT) return value;
    this.#bytes = bytes;
    this.#value = value;
    return value;
  }

  #isLast(line: Buffer, start: number, end: number): boolean {
    const bytes = this.#bytes;
    if (bytes.length !== end - start) return false;
    for (let at = 0; at < bytes.length; at += 1) if (bytes[at] !== line[start + at]) return false;
    return true;
  }
}

const scanner = new InvokeScanner();
