import { inputRequired, type Server } from "@modelcontextprotocol/server";
import { readRaw } from "../../model/raw-result.ts";
import { callerOf, earsOf } from "./caller-of.ts";
import { isQuestion } from "./define-meta-tool.ts";
import type { LegacyHost } from "./legacy-host.ts";
import { shapeForHost } from "./shape-for-host.ts";
import { type FaceParts, runTool } from "./tool-bench.ts";
import { toolNamed } from "./tool-named.ts";

/** Serves the calls of a host that is asked by requests, as far as they do not take the lane. */
export function serveLegacyCalls(server: Server, parts: FaceParts, host: LegacyHost): void {
  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const tool = toolNamed(params.name);
    const { id } = ctx.mcpReq;
    const ears = earsOf(ctx.mcpReq._meta, host.lines, parts.link.notify);
    const caller = callerOf(ctx, host.declared(), ears, { askHost: host.askHost, log: parts.host.log });
    const result = parts.finished.get(id) ?? readRaw(await runTool(tool, params.arguments ?? {}, parts, caller));
    parts.finished.delete(id);
    await ears.settled();
    if (isQuestion(result)) return inputRequired(result as never);
    parts.link.relay(id, shapeForHost(result, "legacy"));
    return { content: [] };
  });
}
