import { Buffer, isUtf8 } from "node:buffer";
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import type { JsonObject } from "../../model/json.ts";
import { RawObject } from "../../model/raw-result.ts";
import { parseLosslessly } from "../../wire/exact-json.ts";
import { MAX_MESSAGE_DEPTH, type RpcRequest } from "../../wire/json-rpc.ts";
import { JsonWalk, NOWHERE } from "../../wire/json-walk.ts";
import { LastText } from "../../wire/last-text.ts";
import { RawArguments } from "../../wire/raw-arguments.ts";
import { invoke } from "./meta-tools/invoke.ts";
import { invokeReadonly } from "./meta-tools/invoke-readonly.ts";

const VERSION = Buffer.from('"2.0"');
const METHOD = Buffer.from('"tools/call"');
const TOOLS = [invoke, invokeReadonly].map(({ name }) => ({ name, text: Buffer.from(JSON.stringify(name)) }));
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
  readonly #tools = new LastText();
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
    const params = this.#metaStart === NOWHERE ? { name, arguments: args } : { name, arguments: args, _meta: this.#meta() };
    return { jsonrpc: "2.0", id: this.#id, method: "tools/call", params };
  }

  /** An object, for the walk has seen its braces. */
  #meta(): JsonObject {
    return parseLosslessly(this.#line.toString("utf8", this.#metaStart, this.#metaEnd)) as JsonObject;
  }

  readonly #messageMember = (keyStart: number, keyEnd: number, at: number): number => {
    if (this.#walk.isKey(KEYS.method, keyStart, keyEnd)) {
      this.#method = this.#walk.startsWith(at, METHOD);
      return this.#method ? at + METHOD.length : NOWHERE;
    }
    if (this.#walk.isKey(KEYS.params, keyStart, keyEnd)) return this.#walk.object(at, this.#param);
    if (this.#walk.isKey(KEYS.jsonrpc, keyStart, keyEnd)) {
      this.#version = this.#walk.startsWith(at, VERSION);
      return this.#version ? at + VERSION.length : NOWHERE;
    }
    return this.#walk.isKey(KEYS.id, keyStart, keyEnd) ? this.#takeId(at) : NOWHERE;
  };

  readonly #param = (keyStart: number, keyEnd: number, at: number): number => {
    if (this.#walk.isKey(KEYS.arguments, keyStart, keyEnd)) return this.#walk.object(at, this.#argument);
    if (this.#walk.isKey(KEYS.name, keyStart, keyEnd)) return this.#takeName(at);
    if (!this.#walk.isKey(KEYS.meta, keyStart, keyEnd)) return NOWHERE;
    this.#metaStart = at;
    this.#metaEnd = this.#walk.object(at);
    return this.#metaEnd;
  };

  readonly #argument = (keyStart: number, keyEnd: number, at: number): number => {
    if (this.#walk.isKey(KEYS.tool, keyStart, keyEnd)) return this.#takeTool(at);
    if (!this.#walk.isKey(KEYS.arguments, keyStart, keyEnd)) return NOWHERE;
    this.#start = at;
    this.#end = this.#walk.object(at);
    return this.#end;
  };

  #takeName(at: number): number {
    for (const { name, text } of TOOLS) {
      if (!this.#walk.startsWith(at, text)) continue;
      this.#name = name;
      return at + text.length;
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

  #takeId(at: number): number {
    const end = this.#walk.number(at);
    this.#id = this.#walk.wholeNumber(at, end);
    return end;
  }
}

const scanner = new InvokeScanner();
