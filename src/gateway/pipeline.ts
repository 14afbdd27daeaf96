import type { CallFilter, CallHandler } from "../model/call.ts";

/** Folds filters around a handler; the first filter in the list is the outermost. */
export const pipeline = (filters: readonly CallFilter[], handler: CallHandler): CallHandler =>
  filters.reduceRight((next, filter) => filter(next), handler);
