import type { CallFilter } from "../../model/call.ts";
import type { Intake } from "../intake.ts";

/** Refuses new calls once the gateway shuts down, or while their server is being stopped, on record as every other refusal. */
export const admission =
  (intake: Intake): CallFilter =>
  (next) =>
  (call, ctx, done) => {
    const refusal = intake.refusalOf(call.ref.backend);
    if (refusal) done(refusal);
    else next(call, ctx, done);
  };
