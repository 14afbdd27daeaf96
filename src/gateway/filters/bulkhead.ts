import type { CallArguments, CallFilter } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import { roughBytes } from "../../model/json.ts";
import { RawObject } from "../../model/raw-result.ts";
import type { Guards } from "../guards.ts";
import type { Router } from "../router.ts";

/** Lets a bounded number of calls of one backend through, keeps a bounded number waiting, and turns the rest away at once. */
export const bulkhead =
  (router: Router, guards: Guards): CallFilter =>
  (next) =>
  (call, ctx, done) => {
    const runner = router.usableOrRefusal(call.ref.backend);
    if (runner instanceof GatewayError) {
      done(runner);
      return;
    }
    guards.of(runner).bulkhead.enter({ signal: ctx.signal, bytes: bytesOf(call.args) }, (stay) => {
      if (stay instanceof GatewayError) {
        done(stay);
        return;
      }
      ctx.notes.queuedMs = stay.queuedMs;
      next(call, ctx, (ending) => {
        stay.leave();
        done(ending);
      });
    });
  };

const bytesOf = (args: CallArguments): number => (args instanceof RawObject ? args.bytes : roughBytes(args));
