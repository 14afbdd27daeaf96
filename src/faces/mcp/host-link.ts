import type { JSONRPCNotification, JSONRPCRequest } from "@modelcontextprotocol/server";
import type { JsonObject } from "../../model/json.ts";
import type { RequestId } from "../../wire/json-rpc.ts";
import type { CallReader, DirectHandler } from "./fast-lane.ts";

/** What a host says of itself: its answers to our questions are not among it. */
export type HostCall = JSONRPCRequest | JSONRPCNotification;

/** A notification to the host. */
export interface Told {
  readonly method: string;
  readonly params: JsonObject;
}

/** What serves a host may do with its connection, past the SDK. */
export interface HostLink {
  /** Answers a request; one that was cancelled meanwhile gets no answer. */
  readonly answer: (id: RequestId, result: JsonObject) => void;
  /** Writes a notification; resolves once the operating system has it, rejects if it never will. */
  readonly notify: (told: Told) => Promise<void>;
  /** Sends this result in the answer to that request instead of the SDK's encoding of it. */
  readonly relay: (id: RequestId, result: JsonObject) => void;
  /** Lets tool calls go past the SDK from now on, as far as the reader can read them. */
  readonly openLane: (handler: DirectHandler, read?: CallReader) => void;
  /** Sends a request down the lane; false if it cannot take it. */
  readonly takeLane: (request: JSONRPCRequest) => boolean;
  /** Whether the SDK's server is there, or on its way. */
  readonly isSdkIn: () => boolean;
  /** Resolves when the SDK's server is there and knows what the host was told before. */
  readonly sdk: () => Promise<void>;
  /** Aborts when no answer of the host can come any more; calls in flight may still be answered. */
  readonly left: AbortSignal;
}
