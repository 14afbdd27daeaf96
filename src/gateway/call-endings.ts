import type { CallContext, CallDone, CallEnding, CallHandler, ToolAnswer, ToolCall } from "../model/call.ts";
import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";

/** Ends a call with what a promise comes to; a failure under an aborted signal is the abort's own reason. */
export function endWith(work: Promise<ToolAnswer>, signal: Signal, done: CallDone): void {
  work.then(done, (reason: unknown) => done(GatewayError.from(reason, signal)));
}

/** Runs a call for whoever waits for it by a promise, which rejects with the reason why there is no answer. */
export function asPromise(handler: CallHandler, call: ToolCall, ctx: CallContext): Promise<ToolAnswer> {
  return new Promise((resolve, reject) => {
    handler(call, ctx, (ending) => (ending instanceof GatewayError ? reject(ending) : resolve(ending)));
  });
}

/** What `read` gives, or the error it threw. */
export function tryRead<T>(read: () => T): T | GatewayError {
  try {
    return read();
  } catch (reason) {
    return GatewayError.from(reason);
  }
}

/** The same ending with its answer looked into; what the look throws is the ending then. */
export function mapAnswer(ending: CallEnding, look: (answer: ToolAnswer) => ToolAnswer): CallEnding {
  return ending instanceof GatewayError ? ending : tryRead(() => look(ending));
}
