import {
  type CallArguments,
  type CallContext,
  type CallDone,
  type CallHandler,
  type CallRound,
  newNotes,
  type ToolResult,
} from "../model/call.ts";
import { GatewayError } from "../model/errors.ts";
import { readRaw } from "../model/raw-result.ts";
import { callBudget } from "../resilience/deadline.ts";
import type { Clock } from "../time/clock.ts";
import type { Caller } from "./caller.ts";
import type { Router } from "./router.ts";
import { ToolAddresses } from "./tool-addresses.ts";

export interface InvokeRequest {
  /** `"server/tool"`. */
  readonly tool: unknown;
  readonly args: CallArguments;
  readonly round?: CallRound | undefined;
  /** A repetition with the same key and arguments within 10 minutes is not run again. */
  readonly idempotencyKey?: string | undefined;
  /** Let the server itself answer, and no cache. */
  readonly fresh?: boolean | undefined;
  /** How much text of the result is shown, in tokens; default the entry's, Infinity for all of it. */
  readonly maxTokens?: number | undefined;
}

/** One item of `invoke_many`: an answer, or why there is none. */
export type InvokeOutcome = { readonly result: ToolResult } | { readonly error: GatewayError };

/** How a result goes to its caller. */
type Delivery = Pick<CallContext, "siblings" | "takesRaw">;

export interface CallDeskParts {
  readonly clock: Clock;
  readonly router: Router;
  /** The pipe of all calls. */
  readonly calls: CallHandler;
  /** The pipe that lets only tools pass that are known to be read-only. */
  readonly readOnlyCalls: CallHandler;
}

/** Makes calls of requests, and sends them through the pipe. */
export class CallDesk {
  readonly #parts: CallDeskParts;
  readonly #addresses = new ToolAddresses();
  #lastId = 0;

  constructor(parts: CallDeskParts) {
    this.#parts = parts;
  }

  /** Calls a backend's tool through the pipe; throws a GatewayError when there is no answer. */
  async invoke(request: InvokeRequest, caller: Caller): Promise<ToolResult> {
    return await this.#read(this.#parts.calls, request, caller);
  }

  /** As `invoke`, for tools the registry knows to be read-only; refuses all others before they are called. */
  async invokeReadonly(request: InvokeRequest, caller: Caller): Promise<ToolResult> {
    return await this.#read(this.#parts.readOnlyCalls, request, caller);
  }

  /** As `invoke` or `invokeReadonly`, for whoever passes the result on and cannot wait for a promise: it may come unread. */
  relay(request: InvokeRequest, caller: Caller, { readOnly }: { readonly readOnly: boolean }, done: CallDone): void {
    this.#call(readOnly ? this.#parts.readOnlyCalls : this.#parts.calls, request, caller, { takesRaw: true }, done);
  }

  /** Runs calls in parallel through the same pipe; answers in order, and one failure does not fail the rest. */
  async invokeMany(requests: readonly InvokeRequest[], caller: Caller): Promise<readonly InvokeOutcome[]> {
    const siblings = requests.length;
    return await Promise.all(
      requests.map(async (request): Promise<InvokeOutcome> => {
        try {
          return { result: await this.#read(this.#parts.calls, request, caller, { siblings }) };
        } catch (reason) {
          return { error: GatewayError.from(reason, caller.signal) };
        }
      }),
    );
  }

  #read(pipe: CallHandler, request: InvokeRequest, caller: Caller, delivery?: Delivery): Promise<ToolResult> {
    return new Promise((resolve, reject) => {
      this.#call(pipe, request, caller, delivery, (ending) =>
        ending instanceof GatewayError ? reject(ending) : resolve(readRaw(ending)),
      );
    });
  }

  #call(pipe: CallHandler, request: InvokeRequest, caller: Caller, delivery: Delivery = {}, done: CallDone): void {
    const ref = this.#addresses.read(request.tool);
    if (ref instanceof GatewayError) {
      done(ref);
      return;
    }
    const spec = this.#parts.router.find(ref.backend)?.spec; // a server nobody knows is refused in the pipe, on record
    const toolMs = spec?.tools.overrides.get(ref.tool)?.timeoutMs;
    const { totalMs } = callBudget(spec?.callTimeoutMs ?? Number.POSITIVE_INFINITY, toolMs, caller.timeoutMs);
    const { args, idempotencyKey, round } = request;
    pipe({ ref, args, idempotencyKey, round }, this.#context(request, caller, totalMs, delivery), done);
  }

  /** Every member by its name: copying one object into another shows in the time of a call. */
  #context({ fresh, maxTokens }: InvokeRequest, caller: Caller, totalMs: number, delivery: Delivery): CallContext {
    this.#lastId += 1;
    return {
      id: this.#lastId,
      signal: caller.signal,
      deadline: (caller.since ?? this.#parts.clock.now()) + totalMs,
      timeoutMs: caller.timeoutMs,
      notes: newNotes(),
      onProgress: caller.onProgress,
      fresh,
      maxTokens,
      siblings: delivery.siblings,
      takesRaw: delivery.takesRaw,
      hostCapabilities: caller.hostCapabilities,
      meta: caller.meta,
      askHost: caller.askHost,
      log: caller.log,
    };
  }
}
