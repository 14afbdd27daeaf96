import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { Gateway } from "../../gateway/gateway.ts";
import type { HostSide } from "../../gateway/host-side.ts";
import type { ToolAnswer } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { definitionOf, type MetaTool, type MetaToolCaller } from "./define-meta-tool.ts";
import { failureToResult } from "./failure-to-result.ts";
import type { HeldCalls } from "./held-calls.ts";
import { metaTools } from "./meta-tools/index.ts";
import type { HostLink } from "./serve-mcp.ts";

export interface FaceParts {
  readonly version: string;
  /** The gateway, which may still be opening; listing tools never waits for it. */
  readonly gateway: () => Promise<Gateway>;
  /** Called once the host has been answered, so that what comes next can be loaded meanwhile. */
  readonly ready: () => void;
  readonly link: HostLink;
  /** Where backends hear of the host. */
  readonly host: HostSide;
  /** The calls of a modern host that wait for its answers. */
  readonly held: HeldCalls;
}

/** Our tools as `tools/list` shows them. */
export const definitions = metaTools.map(definitionOf);

const byName = new Map(metaTools.map((tool) => [tool.name, tool]));

export const findTool = (name: string): MetaTool | undefined => byName.get(name);

/** The tool of that name; throws what the host is to be answered if there is none. */
export function toolNamed(name: string): MetaTool {
  const tool = byName.get(name);
  if (tool) return tool;
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown tool ${JSON.stringify(name)}: Sallyport offers ${[...byName.keys()].join(", ")}; call invoke with {"tool": "server/tool"} for a server's own tools`,
  );
}

/** Runs one of our tools; a failure is a result too, so it never rejects. */
export async function runTool(tool: MetaTool, args: JsonObject, parts: FaceParts, caller: MetaToolCaller): Promise<ToolAnswer> {
  try {
    return await tool.run(args, await parts.gateway(), caller);
  } catch (reason) {
    return failureToResult(GatewayError.from(reason, caller.signal));
  }
}
