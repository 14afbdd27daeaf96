import type { GatewayError } from "./errors.ts";
import type { AskHost, HostLog } from "./host.ts";
import type { JsonObject } from "./json.ts";
import type { RawObject, RawResult } from "./raw-result.ts";
import type { Signal } from "./signal.ts";
import type { ToolRef } from "./tool.ts";

/** The arguments of a call, perhaps unread: then whoever looks into them reads them first (`readRaw`). */
export type CallArguments = JsonObject | RawObject;

/** What is asked of a backend's tool. */
export interface ToolCall {
  readonly ref: ToolRef;
  readonly args: CallArguments;
  /** The client's own name for this call: one with the same name and arguments is not run again. */
  readonly idempotencyKey?: string | undefined;
  /** Answers and state of an earlier round of the same call (multi round-trip requests, revision 2026-07-28). */
  readonly round?: CallRound | undefined;
}

/** The continuation of a call that a backend answered with `input_required`; both parts are passed on byte-exact. */
export interface CallRound {
  readonly inputResponses?: JsonObject | undefined;
  readonly requestState?: string | undefined;
}

/** What a backend answered, as an open record. `isError: true` is still an answer: it is passed on, never thrown. */
export type ToolResult = JsonObject;

/** The same, perhaps unread: then whoever looks into it reads it first (`readRaw`). */
export type ToolAnswer = ToolResult | RawResult;

/** One progress report of a backend or of a start under way. */
export interface ProgressUpdate {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** What filters leave behind for the access log. */
export interface CallNotes {
  coldStart?: boolean | undefined;
  cache?: "hit" | "miss" | "shared" | "stale" | undefined;
  attempts?: number | undefined;
  /** Monotonic moments at which the last attempt was sent and the backend was last heard. */
  sentAt?: number | undefined;
  heardAt?: number | undefined;
  queuedMs?: number | undefined;
  /** How long the call waited for a start; absent where its backend ran. */
  startMs?: number | undefined;
  /** How long its backend took, all attempts together. */
  backendMs?: number | undefined;
  /** How many questions the backend put to the host. */
  asked?: number | undefined;
}

/** Notes with nothing in them yet, but with room for all: an object that grows note by note is copied each time. */
export const newNotes = (): CallNotes => ({
  coldStart: undefined,
  cache: undefined,
  attempts: undefined,
  sentAt: undefined,
  heardAt: undefined,
  queuedMs: undefined,
  startMs: undefined,
  backendMs: undefined,
  asked: undefined,
});

/** Everything that belongs to one call and not to what is asked. */
export interface CallContext {
  /** Counts the calls of this process, from 1 on. */
  readonly id: number;
  /** Aborts when the caller cancels or the deadline passes; the abort's reason is a GatewayError. */
  readonly signal: Signal;
  /** Monotonic moment (Clock.now) at which the call must have ended. */
  readonly deadline: number;
  /** The time limit the caller itself asked for, in ms. */
  readonly timeoutMs?: number | undefined;
  readonly notes: CallNotes;
  /** Present if the host asked for progress. */
  readonly onProgress?: ((update: ProgressUpdate) => void) | undefined;
  /** Whether the caller wants the backend itself to answer, and no cache. */
  readonly fresh?: boolean | undefined;
  /** Whether the caller passes the result on as it is, so that nobody need read it. */
  readonly takesRaw?: boolean | undefined;
  /** How much text of the result the caller wants to be shown, in tokens; Infinity for all of it. */
  readonly maxTokens?: number | undefined;
  /** How many results go out in the same message; 1 if absent. */
  readonly siblings?: number | undefined;
  /** What the host can do (elicitation, sampling, roots), mirrored to modern backends. */
  readonly hostCapabilities?: JsonObject | undefined;
  /** `_meta` keys of the host that travel on (trace context), already stripped of protocol keys. */
  readonly meta?: JsonObject | undefined;
  /** Puts a question of the backend to the host. */
  readonly askHost?: AskHost | undefined;
  /** Present if the host asked for what backends log. */
  readonly log?: HostLog | undefined;
}

/** How a call ended: with an answer, or with the reason why there is none. */
export type CallEnding = ToolAnswer | GatewayError;

/** Hears how a call ended, once. It must not throw: nobody is there to hear of that. */
export type CallDone = (ending: CallEnding) => void;

/** Runs a call. It does not throw: whatever goes wrong is the call's ending, told at once or later. */
export type CallHandler = (call: ToolCall, ctx: CallContext, done: CallDone) => void;

/** One step of the pipeline: wraps the next one. */
export type CallFilter = (next: CallHandler) => CallHandler;
