import type { JSONRPCMessage, JSONRPCRequest } from "@modelcontextprotocol/server";
import { GatewayError } from "../../model/errors.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import type { RawObject } from "../../model/raw-result.ts";
import type { Signal } from "../../model/signal.ts";
import { SlotMap } from "../../model/slot-map.ts";
import { LinkedSignal } from "../../time/linked-signal.ts";
import type { RequestId } from "../../wire/json-rpc.ts";

/** What a `tools/call` says if it needs nothing the SDK keeps. */
export interface PlainCall {
  readonly name: string;
  readonly args: JsonObject;
  readonly meta: JsonObject | undefined;
}

/** Reads a request; undefined for one that is no plain call. */
export type CallReader = (request: JSONRPCRequest) => PlainCall | undefined;

/** A plain call on its way. */
export interface DirectCall extends PlainCall {
  readonly id: RequestId;
  readonly signal: Signal;
}

/** A result as the host gets it. */
export type HostResult = JsonObject | RawObject;

/** Tells once the result to answer with; undefined leaves the call to the SDK after all. It does not throw. */
export type DirectHandler = (call: DirectCall, done: (result: HostResult | undefined) => void) => void;

export interface FastLaneExits {
  /** Hears the result of a call; ids that were cancelled meanwhile are its receiver's to drop. */
  readonly answer: (id: RequestId, result: HostResult) => void;
  /** Hears of a call that goes the SDK's way. */
  readonly pass: (message: JSONRPCMessage) => void;
}

/**
 * A way for tool calls past the SDK's server, whose bookkeeping costs more than the hop. Closed until the era of the host is
 * known, and taken only by calls of the plainest form: everything else is the SDK's.
 */
export class FastLane {
  readonly #exits: FastLaneExits;
  readonly #running = new SlotMap<RequestId, LinkedSignal>();
  #handler: DirectHandler | undefined;
  #read: CallReader = plainCall;

  constructor(exits: FastLaneExits) {
    this.#exits = exits;
  }

  /** Lets calls in from now on. */
  open(handler: DirectHandler, read: CallReader = plainCall): void {
    this.#handler = handler;
    this.#read = read;
  }

  /** Takes a request if it can; false leaves it to the SDK. */
  take(message: JSONRPCRequest): boolean {
    const handler = this.#handler;
    const plain = handler && this.#read(message);
    if (!plain) return false;
    const { id } = message;
    const controller = new LinkedSignal();
    this.#running.set(id, controller);
    const { name, args, meta } = plain;
    handler({ name, args, meta, id, signal: controller }, (result) => {
      if (this.#running.get(id) !== controller) return; // cancelled: the id may be another call's by now
      this.#running.delete(id);
      if (result === undefined) this.#exits.pass(message);
      else this.#exits.answer(id, result);
    });
    return true;
  }

  /** Ends a call its host has cancelled; one the SDK has is not known here. */
  cancel(id: RequestId): void {
    this.#running.get(id)?.abort(new GatewayError("cancelled", "Call cancelled by the host"));
    this.#running.delete(id);
  }

  /** Ends every call: the connection is closing. */
  close(): void {
    this.#handler = undefined;
    for (const id of this.#running.keys()) this.cancel(id);
  }
}

/** Reads a call of the plainest form. */
export function plainCall({ method, params }: JSONRPCRequest): PlainCall | undefined {
  if (method !== "tools/call" || !params) return undefined;
  const { name, arguments: args = {}, _meta: meta } = params as JsonObject;
  const plain = typeof name === "string" && isJsonObject(args) && (meta === undefined || isJsonObject(meta));
  if (!plain) return undefined;
  for (const key in params) if (key !== "name" && key !== "arguments" && key !== "_meta") return undefined;
  return { name, args, meta };
}
