import type { CallFilter } from "../../model/call.ts";
import { tryRead } from "../call-endings.ts";
import type { Router } from "../router.ts";

/** Refuses what the registry does not allow, before anything is started. */
export const policy =
  (router: Router): CallFilter =>
  (next) =>
  (call, ctx, done) => {
    const refusal = tryRead(() => router.assertCallable(call.ref));
    if (refusal) done(refusal);
    else next(call, ctx, done);
  };
