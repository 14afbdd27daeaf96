import type { CallFilter } from "../../model/call.ts";
import type { Router } from "../router.ts";

/** Refuses what the registry does not allow, before anything is started. */
export const policy =
  (router: Router): CallFilter =>
  (next) =>
  (call, ctx, done) => {
    const refusal = router.refusalOf(call.ref);
    if (refusal) done(refusal);
    else next(call, ctx, done);
  };
