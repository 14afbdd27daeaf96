import type { CallContext, CallFilter, ToolCall } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import { roughBytes } from "../../model/json.ts";
import type { Bulkhead, Stay } from "../../resilience/bulkhead.ts";
import type { Clock } from "../../time/clock.ts";
import type { Guards } from "../guards.ts";
import type { Router } from "../router.ts";

/** Lets a bounded number of calls of one backend through, keeps a bounded number waiting, and turns the rest away at once. */
export const bulkhead =
  (router: Router, guards: Guards, clock: Clock): CallFilter =>
  (next) =>
  (call, ctx, done) => {
    const came = clock.now();
    const enter = (stay: Stay): void => {
      if (ctx.signal.aborted) {
        stay.giveUp();
        done(GatewayError.from(ctx.signal.reason)); // between the queue and here
        return;
      }
      ctx.notes.queuedMs = clock.now() - came;
      next(call, ctx, (ending) => {
        stay.leave();
        done(ending);
      });
    };
    const runner = router.usableOrRefusal(call.ref.backend);
    const stay = runner instanceof GatewayError ? runner : tryEnter(guards.of(runner).bulkhead, call, ctx);
    if (stay instanceof GatewayError) done(stay);
    else if (stay instanceof Promise) stay.then(enter, (reason: unknown) => done(GatewayError.from(reason, ctx.signal)));
    else enter(stay);
  };

function tryEnter(door: Bulkhead, { args }: ToolCall, { signal }: CallContext): Stay | Promise<Stay> | GatewayError {
  try {
    return door.enter({ signal, bytes: roughBytes(args) });
  } catch (reason) {
    return GatewayError.from(reason);
  }
}
