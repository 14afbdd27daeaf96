import { inputRequired, type Server } from "@modelcontextprotocol/server";
import { relayedCapabilities } from "../../model/host.ts";
import type { JsonObject } from "../../model/json.ts";
import { readRaw } from "../../model/raw-result.ts";
import { askNobody, askWithin } from "./ask-within.ts";
import { callerOf, capabilitiesIn, earsOf, logLevelIn, logRelay } from "./caller-of.ts";
import { isQuestion, type MetaTool, type MetaToolCaller } from "./define-meta-tool.ts";
import type { HeldCalls } from "./held-calls.ts";
import { shapeForHost } from "./shape-for-host.ts";
import { type FaceParts, runTool } from "./tool-bench.ts";
import { toolNamed } from "./tool-named.ts";

/** Serves the calls of a host that says with each what it can do, and is asked by their answers. */
export function serveModernCalls(server: Server, parts: FaceParts, held: HeldCalls): void {
  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const tool = toolNamed(params.name);
    const { id, envelope, _meta: meta } = ctx.mcpReq;
    const capabilities = capabilitiesIn(envelope) ?? {};
    parts.host.learn(capabilities);
    const level = logLevelIn(envelope);
    const lines = level && logRelay(parts.link.notify);
    const ears = earsOf(meta, lines, parts.link.notify);
    const log = level && lines && { level, tell: (line: JsonObject) => lines.tell(line) };
    const caller = callerOf(ctx, capabilities, ears, { log, askHost: askWithin({}, askNobody) });
    const result = parts.finished.get(id) ?? (await runAsked(tool, params.arguments ?? {}, parts, held, caller));
    parts.finished.delete(id);
    await ears.settled();
    if (isQuestion(result)) return inputRequired(result as never);
    parts.link.relay(id, shapeForHost(result, "modern"));
    return { content: [] };
  });
}

/** Runs a tool whose backend may ask in the middle of its call, if there is anything the host can be asked. */
async function runAsked(
  tool: MetaTool,
  args: JsonObject,
  parts: FaceParts,
  held: HeldCalls,
  caller: MetaToolCaller,
): Promise<JsonObject> {
  const capabilities = relayedCapabilities(caller.hostCapabilities ?? {});
  if (Object.keys(capabilities).length === 0) return readRaw(await runTool(tool, args, parts, caller));
  const { requestState, inputResponses } = caller;
  return await held.run({ name: tool.name, args, requestState, inputResponses, round: caller }, async (link) => {
    const askHost = askWithin(capabilities, link.askHost);
    return readRaw(await runTool(tool, args, parts, { ...caller, ...link, askHost }));
  });
}
