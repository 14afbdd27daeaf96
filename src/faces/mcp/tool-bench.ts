import type { Gateway } from "../../gateway/gateway.ts";
import type { HostSide } from "../../gateway/host-side.ts";
import type { CallDone, ToolAnswer } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { systemClock } from "../../time/clock.ts";
import type { RequestId } from "../../wire/json-rpc.ts";
import { definitionOf, type MetaTool, type MetaToolCaller } from "./define-meta-tool.ts";
import { failureToResult } from "./failure-to-result.ts";
import type { HostLink } from "./host-link.ts";
import { metaTools } from "./meta-tools/index.ts";

export interface FaceParts {
  /** The gateway, which may still be opening; listing tools never waits for it. */
  readonly gateway: () => Promise<Gateway>;
  /** The same once it is open, for callers that cannot wait for a promise. */
  readonly opened?: (() => Gateway | undefined) | undefined;
  /** Called once the host has been answered, so that what comes next can be loaded meanwhile. */
  readonly ready: () => void;
  readonly link: HostLink;
  /** Where backends hear of the host. */
  readonly host: HostSide;
  /** Results that ask the host, left by the lane for the SDK to deliver. */
  readonly finished: Map<RequestId, JsonObject>;
}

/** Our tools as `tools/list` shows them. */
export const definitions: readonly JsonObject[] = metaTools.map(definitionOf);

const byName = new Map(metaTools.map((tool) => [tool.name, tool]));

export const findTool = (name: string): MetaTool | undefined => byName.get(name);

/** Runs one of our tools; a failure is a result too, so it never rejects. Its time counts from now, not from the gateway's opening. */
export async function runTool(tool: MetaTool, args: JsonObject, parts: FaceParts, caller: MetaToolCaller): Promise<ToolAnswer> {
  const since = systemClock.now();
  try {
    return await tool.run(args, await parts.gateway(), arrivedAt(since, caller));
  } catch (reason) {
    return failureToResult(GatewayError.from(reason, caller.signal));
  }
}

/** Written out: a spread that adds a member costs more than the rest. */
const arrivedAt = (since: number, caller: MetaToolCaller): MetaToolCaller => ({
  signal: caller.signal,
  onProgress: caller.onProgress,
  hostCapabilities: caller.hostCapabilities,
  meta: caller.meta,
  timeoutMs: caller.timeoutMs,
  since,
  askHost: caller.askHost,
  log: caller.log,
  inputResponses: caller.inputResponses,
  requestState: caller.requestState,
});

/** The same without a promise where the tool and the gateway are ready for that; a failure comes as it is. */
export function startTool(tool: MetaTool, args: JsonObject, parts: FaceParts, caller: MetaToolCaller, done: CallDone): void {
  const gateway = parts.opened?.();
  if (!tool.start || !gateway) {
    void runTool(tool, args, parts, caller).then(done);
    return;
  }
  try {
    tool.start(args, gateway, caller, done);
  } catch (reason) {
    done(GatewayError.from(reason, caller.signal));
  }
}
