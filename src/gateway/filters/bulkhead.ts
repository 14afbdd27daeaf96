import type { CallFilter } from "../../model/call.ts";
import { roughBytes } from "../../model/json.ts";
import type { Clock } from "../../time/clock.ts";
import type { Guards } from "../guards.ts";
import type { Router } from "../router.ts";

/** Lets a bounded number of calls of one backend through, keeps a bounded number waiting, and turns the rest away at once. */
export const bulkhead =
  (router: Router, guards: Guards, clock: Clock): CallFilter =>
  (next) =>
  (call, ctx) => {
    const guard = guards.of(router.usable(call.ref.backend));
    const came = clock.now();
    const cargo = { signal: ctx.signal, bytes: roughBytes(call.args) };
    return guard.bulkhead.run(() => {
      ctx.notes.queuedMs = clock.now() - came;
      return next(call, ctx);
    }, cargo);
  };
