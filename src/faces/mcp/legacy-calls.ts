import { inputRequired, type Server } from "@modelcontextprotocol/server";
import type { AskHost } from "../../model/host.ts";
import type { JsonObject } from "../../model/json.ts";
import { RawResult, readResult } from "../../model/raw-result.ts";
import type { RequestId } from "../../wire/json-rpc.ts";
import { askByRequest, askWithin } from "./ask-host.ts";
import { callerOf, earsOf, travellingMeta } from "./caller-of.ts";
import { isQuestion, type MetaToolCaller } from "./define-meta-tool.ts";
import type { DirectHandler } from "./fast-lane.ts";
import type { LogRelay } from "./log-relay.ts";
import { shapeForHost } from "./shape-for-host.ts";
import { type FaceParts, findTool, runTool, toolNamed } from "./tool-bench.ts";

/** What the host declared at its handshake. */
export const declaredBy = (server: Server): JsonObject => (server.getClientCapabilities() ?? {}) as JsonObject;

/** Serves the calls of a host that is asked by requests; the returned lets plain ones go past the SDK from then on. */
export function serveLegacyCalls(server: Server, parts: FaceParts, lines: LogRelay): () => void {
  const finished = new Map<RequestId, JsonObject>(); // results that ask, left for the SDK to deliver
  const ask = askByRequest(server, parts.link.left);
  const askHost: AskHost = async (question, signal) => await askWithin(declaredBy(server), ask)(question, signal);
  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const tool = toolNamed(params.name);
    const { id } = ctx.mcpReq;
    const ears = earsOf(ctx.mcpReq._meta, lines, (told) => ctx.mcpReq.notify(told));
    const caller = callerOf(ctx, declaredBy(server), ears, { askHost, log: parts.host.log });
    const result = finished.get(id) ?? readResult(await runTool(tool, params.arguments ?? {}, parts, caller));
    finished.delete(id);
    await ears.settled();
    if (isQuestion(result)) return inputRequired(result as never);
    parts.link.relay(id, shapeForHost(result, "legacy"));
    return { content: [] };
  });
  const direct: DirectHandler = async ({ id, name, args, meta, signal }) => {
    const tool = findTool(name);
    if (!tool) return undefined;
    const ears = earsOf(meta, lines, (told) => server.notification(told));
    const { progress } = ears;
    const caller: MetaToolCaller = {
      signal,
      onProgress: progress && ((update) => progress.pass(update)),
      log: parts.host.log,
      askHost,
      hostCapabilities: declaredBy(server),
      meta: travellingMeta(meta),
    };
    const result = await runTool(tool, args, parts, caller);
    if (progress || lines.isBusy) await ears.settled();
    if (result instanceof RawResult) return result;
    if (signal.aborted || !isQuestion(result)) return shapeForHost(result, "legacy");
    finished.set(id, result);
    return undefined;
  };
  return () => parts.link.openLane(direct);
}
