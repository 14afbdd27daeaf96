import type { CallArguments, CallContext, ToolCall } from "../../model/call.ts";
import { type JsonObject, merged } from "../../model/json.ts";
import type { Connection } from "../../model/ports.ts";
import { mirroredCapabilities } from "../mirrored-capabilities.ts";

/** Tells a backend for how many ms its answer is waited for, under a key of our own: the protocol has none for that yet. */
type OurMeta = { readonly "io.sallyport/timeoutMs": number };

/** Puts together what a backend is sent of a call. */
export class CallParams {
  /** Mostly the same for call after call: then it is the same object, which need not be written anew. */
  #ours: OurMeta = { "io.sallyport/timeoutMs": 0 };

  /** The params of `tools/call`; `waitMs` is how long the answer is waited for. */
  of({ ref, round }: ToolCall, args: CallArguments, ctx: CallContext, connection: Connection, waitMs: number): JsonObject {
    const params = { name: ref.tool, arguments: args, _meta: this.#metaOf(ctx, connection, waitMs) };
    if (round?.inputResponses === undefined && round?.requestState === undefined) return params;
    const { inputResponses, requestState } = round;
    return { ...params, ...(inputResponses && { inputResponses }), ...(requestState !== undefined && { requestState }) };
  }

  #metaOf({ meta, hostCapabilities }: CallContext, connection: Connection, waitMs: number): JsonObject {
    const mirrored = mirroredCapabilities(hostCapabilities, connection);
    if (this.#ours["io.sallyport/timeoutMs"] !== waitMs) this.#ours = { "io.sallyport/timeoutMs": waitMs };
    return meta || mirrored ? merged(meta, mirrored, this.#ours) : this.#ours;
  }
}
