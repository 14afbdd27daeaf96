import type { CallFilter } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import { roughBytes } from "../../model/json.ts";
import type { Stay } from "../../resilience/bulkhead.ts";
import type { Clock } from "../../time/clock.ts";
import { tryRead } from "../call-endings.ts";
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
    const stay = tryRead(() => {
      const door = guards.of(router.usable(call.ref.backend)).bulkhead;
      return door.enter({ signal: ctx.signal, bytes: roughBytes(call.args) });
    });
    if (stay instanceof GatewayError) done(stay);
    else if (stay instanceof Promise) stay.then(enter, (reason: unknown) => done(GatewayError.from(reason, ctx.signal)));
    else enter(stay);
  };
