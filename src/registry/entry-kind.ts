import * as z from "zod/mini";
import type { RuntimeKind } from "../model/ports.ts";
import { commonShape } from "./entry-schema.ts";

/** A runtime with the schemas of its entries, made once for all of them. */
export interface EntryKind {
  readonly runtime: RuntimeKind;
  /** The keys the runtime owns. */
  readonly own: z.ZodMiniObject;
  /** Every key an entry of this runtime may have. */
  readonly whole: z.ZodMiniObject;
}

/** Makes the schemas of every runtime. */
export const entryKinds = (runtimes: readonly RuntimeKind[]): readonly EntryKind[] =>
  runtimes.map((runtime) => ({
    runtime,
    own: z.object(runtime.shape),
    whole: z.object({ ...commonShape, ...runtime.shape }),
  }));
