import type { CallArguments, CallContext, ToolCall } from "../../model/call.ts";
import { relayedCapabilities } from "../../model/host.ts";
import { type JsonObject, merged } from "../../model/json.ts";
import type { Connection, Era } from "../../model/ports.ts";
import { mirroredCapabilities } from "../mirrored-capabilities.ts";

/** Tells a backend for how many ms its answer is waited for: the protocol has no key for that yet. */
const TIMEOUT = "io.sallyport/timeoutMs";

/** What is said of calls with this time limit, by a host with these capabilities. */
interface Said {
  readonly waitMs: number;
  readonly host: JsonObject | undefined;
  readonly relayed: JsonObject | undefined;
  readonly meta: JsonObject;
}

/** Puts together what a backend is sent of a call. */
export class CallParams {
  /** What was said last to the backends of each era: mostly the same object call after call, which need not be written anew. */
  readonly #said: Partial<Record<Era, Said>> = {};

  /** The params of `tools/call`; `waitMs` is how long the answer is waited for. */
  of({ ref, round }: ToolCall, args: CallArguments, ctx: CallContext, connection: Connection, waitMs: number): JsonObject {
    const ours = this.#sayTo(connection, ctx.hostCapabilities, waitMs).meta;
    const params = { name: ref.tool, arguments: args, _meta: ctx.meta ? merged(ctx.meta, ours) : ours };
    if (round?.inputResponses === undefined && round?.requestState === undefined) return params;
    const { inputResponses, requestState } = round;
    return { ...params, ...(inputResponses && { inputResponses }), ...(requestState !== undefined && { requestState }) };
  }

  #sayTo(connection: Connection, hostCapabilities: JsonObject | undefined, waitMs: number): Said {
    const { era } = connection;
    const host = era === "modern" ? hostCapabilities : undefined;
    const last = this.#said[era];
    if (last?.waitMs === waitMs && (last.host === host || last.relayed === relayedOf(host))) return last;
    const said = {
      waitMs,
      host,
      relayed: relayedOf(host),
      meta: merged(mirroredCapabilities(host, connection), { [TIMEOUT]: waitMs }),
    };
    this.#said[era] = said;
    return said;
  }
}

const relayedOf = (host: JsonObject | undefined): JsonObject | undefined => host && relayedCapabilities(host);
