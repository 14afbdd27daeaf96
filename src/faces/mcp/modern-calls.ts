import { inputRequired, type Server } from "@modelcontextprotocol/server";
import { type AskHost, relayedCapabilities } from "../../model/host.ts";
import type { JsonObject } from "../../model/json.ts";
import { readResult } from "../../model/raw-result.ts";
import { askWithin } from "./ask-host.ts";
import { callerOf, capabilitiesIn, earsOf, logLevelIn, logRelay } from "./caller-of.ts";
import { isQuestion, type MetaTool, type MetaToolCaller } from "./define-meta-tool.ts";
import { shapeForHost } from "./shape-for-host.ts";
import { type FaceParts, runTool, toolNamed } from "./tool-bench.ts";

/** Serves the calls of a host that says with each what it can do, and is asked by their answers. */
export function serveModernCalls(server: Server, parts: FaceParts): void {
  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const tool = toolNamed(params.name);
    const { id, envelope, _meta: meta } = ctx.mcpReq;
    const capabilities = capabilitiesIn(envelope) ?? {};
    parts.host.learn(capabilities);
    const level = logLevelIn(envelope);
    const lines = level && logRelay((told) => ctx.mcpReq.notify(told));
    const ears = earsOf(meta, lines, (told) => ctx.mcpReq.notify(told));
    const log = level && lines && { level, tell: (line: JsonObject) => lines.tell(line) };
    const caller = callerOf(ctx, capabilities, ears, { log, askHost: askWithin({}, nobody) });
    const result = await runAsked(tool, params.arguments ?? {}, parts, caller);
    await ears.settled();
    if (isQuestion(result)) return inputRequired(result as never);
    parts.link.relay(id, shapeForHost(result, "modern"));
    return { content: [] };
  });
}

/** Runs a tool whose backend may ask in the middle of its call, if there is anything the host can be asked. */
async function runAsked(tool: MetaTool, args: JsonObject, parts: FaceParts, caller: MetaToolCaller): Promise<JsonObject> {
  const capabilities = relayedCapabilities(caller.hostCapabilities ?? {});
  if (Object.keys(capabilities).length === 0) return readResult(await runTool(tool, args, parts, caller));
  const { requestState, inputResponses } = caller;
  return await parts.held.run({ name: tool.name, args, requestState, inputResponses, round: caller }, async (link) => {
    const askHost = askWithin(capabilities, link.askHost);
    return readResult(await runTool(tool, args, parts, { ...caller, ...link, askHost }));
  });
}

const nobody: AskHost = async () => ({ error: { code: -32_603, message: "There is no host to ask" } });
