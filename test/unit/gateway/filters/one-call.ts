import { asPromise, endWith } from "../../../../src/gateway/call-endings.ts";
import type { Router } from "../../../../src/gateway/router.ts";
import type { BackendRunner } from "../../../../src/lifecycle/backend-runner.ts";
import type { BackendSpec } from "../../../../src/model/backend-spec.ts";
import type { CallContext, CallFilter, CallHandler, ToolAnswer, ToolCall, ToolResult } from "../../../../src/model/call.ts";
import type { GatewayError } from "../../../../src/model/errors.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import { readRaw } from "../../../../src/model/raw-result.ts";
import { makeSpec } from "../../../support/fake-backend.ts";

export const REF = { backend: "git", tool: "log" };
export const DONE: ToolResult = { content: [] };

export const callOf = (over: Partial<ToolCall> = {}): ToolCall => ({ ref: REF, args: {}, ...over });

/** What belongs to a call that may take half a minute and is not cancelled. */
export const contextOf = (over: Partial<CallContext> = {}): CallContext => ({
  id: 1,
  signal: new AbortController().signal,
  deadline: 30_000,
  notes: {},
  ...over,
});

/** What stands behind the filter under test. */
export type Answering = (call: ToolCall, context: CallContext) => Promise<ToolAnswer>;

/** The same as a step of the pipe. */
export const handlerOf =
  (answering: Answering): CallHandler =>
  (call, context, done) =>
    endWith(answering(call, context), context.signal, done);

/** Sends a call through one filter; a failure is given back instead of thrown. */
export const through = async (
  filter: CallFilter,
  next: Answering,
  call: ToolCall = callOf(),
  context: CallContext = contextOf(),
): Promise<ToolResult | GatewayError> => {
  try {
    return readRaw(await asPromise(filter(handlerOf(next)), call, context));
  } catch (error) {
    return error as GatewayError;
  }
};

/** What a filter may ask of a router with one server "git" and its tool "log"; both are the test's to change. */
export class OneServer {
  runner: BackendRunner | undefined;
  definition: JsonObject | undefined = { annotations: { readOnlyHint: true } };
  digest = "digest-1";
  /** How long it vouches for its list of tools. */
  vouchedMs = Number.POSITIVE_INFINITY;

  constructor(spec: Partial<BackendSpec> = {}, over: Partial<BackendRunner> = {}) {
    const state = { name: "running" };
    this.runner = { spec: makeSpec({ id: "git", ...spec }), state, ...over } as BackendRunner;
  }

  get router(): Router {
    const [former, server] = [this.runner, this];
    const known = () => (server.definition ? { ref: REF, definition: server.definition, digest: server.digest } : undefined);
    const router = {
      find: () => server.runner,
      usableOrRefusal: () => former,
      backend: () => former,
      descriptor: known,
      vouchedMs: () => this.vouchedMs,
    };
    return router as unknown as Router;
  }
}
