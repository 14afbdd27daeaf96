import type { Gateway } from "../../gateway/gateway.ts";
import type { HostSide } from "../../gateway/host-side.ts";
import type { ToolAnswer } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import type { RequestId } from "../../wire/json-rpc.ts";
import { definitionOf, type MetaTool, type MetaToolCaller } from "./define-meta-tool.ts";
import { failureToResult } from "./failure-to-result.ts";
import type { HostLink } from "./host-link.ts";
import { metaTools } from "./meta-tools/index.ts";

export interface FaceParts {
  /** The gateway, which may still be opening; listing tools never waits for it. */
  readonly gateway: () => Promise<Gateway>;
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

/** Runs one of our tools; a failure is a result too, so it never rejects. */
export async function runTool(tool: MetaTool, args: JsonObject, parts: FaceParts, caller: MetaToolCaller): Promise<ToolAnswer> {
  try {
    return await tool.run(args, await parts.gateway(), caller);
  } catch (reason) {
    return failureToResult(GatewayError.from(reason, caller.signal));
  }
}
