import { inputRequired, ProtocolError, ProtocolErrorCode, Server, type ServerContext } from "@modelcontextprotocol/server";
import type { Gateway } from "../../gateway/gateway.ts";
import { GatewayError } from "../../model/errors.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import type { Era } from "../../model/ports.ts";
import type { RequestId } from "../../wire/json-rpc.ts";
import { definitionOf, isQuestion, type MetaTool, type MetaToolCaller } from "./define-meta-tool.ts";
import { failureToResult } from "./failure-to-result.ts";
import type { DirectHandler } from "./fast-lane.ts";
import { metaTools } from "./meta-tools/index.ts";
import { ProgressRelay } from "./progress-relay.ts";
import type { HostLink } from "./serve-mcp.ts";
import { shapeForHost } from "./shape-for-host.ts";

const CLIENT_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
const PROTOCOL_PREFIX = "io.modelcontextprotocol/";
const LIST_TTL_MS = 3_600_000;

const INSTRUCTIONS =
  "One door to many MCP servers. Call discover with one capability per string to find tools, describe for full definitions, " +
  "then invoke with the tool's address. Servers start by themselves when they are needed.";

export interface FaceParts {
  readonly version: string;
  /** The gateway, which may still be opening; listing tools never waits for it. */
  readonly gateway: () => Promise<Gateway>;
  /** Called once the host has been answered, so that what comes next can be loaded meanwhile. */
  readonly ready: () => void;
  readonly link: HostLink;
}

const definitions = metaTools.map(definitionOf);
const byName = new Map(metaTools.map((tool) => [tool.name, tool]));

/** The SDK server of one connection: cheap and free of side effects, since the SDK may make more than one. */
export function createServer(parts: FaceParts, era: Era): Server {
  const cacheHint = { ttlMs: LIST_TTL_MS, cacheScope: "public" } as const;
  const server = new Server(
    { name: "sallyport", title: "Sallyport", version: parts.version },
    {
      capabilities: { tools: {} },
      instructions: INSTRUCTIONS,
      cacheHints: { "tools/list": cacheHint, "server/discover": cacheHint },
    },
  );
  const finished = new Map<RequestId, JsonObject>();
  server.oninitialized = () => {
    parts.ready();
    parts.link.openLane(directHandler(server, parts, finished));
  };
  server.setRequestHandler("tools/list", () => {
    parts.ready();
    return { tools: definitions as never };
  });
  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const tool = byName.get(params.name);
    if (!tool) throw unknownTool(params.name);
    const { id } = ctx.mcpReq;
    const progress = progressRelay(ctx.mcpReq._meta?.progressToken, (notification) => ctx.mcpReq.notify(notification));
    const result = finished.get(id) ?? (await runTool(tool, params.arguments ?? {}, parts, callerOf(server, ctx, progress)));
    finished.delete(id);
    await progress?.settled();
    if (isQuestion(result)) return inputRequired(result as never);
    parts.link.relay(id, shapeForHost(result, era));
    return { content: [] };
  });
  return server;
}

/** Calls of a legacy host past the SDK; a result that asks the host for input is left in `finished` for the SDK to deliver. */
function directHandler(server: Server, parts: FaceParts, finished: Map<RequestId, JsonObject>): DirectHandler {
  return async ({ id, name, args, meta, signal }) => {
    const tool = byName.get(name);
    if (!tool) return undefined;
    const progress = progressRelay(meta?.["progressToken"], (notification) => server.notification(notification));
    const result = await runTool(tool, args, parts, {
      signal,
      onProgress: progress && ((update) => progress.pass(update)),
      hostCapabilities: server.getClientCapabilities() as JsonObject | undefined,
      meta: travellingMeta(meta),
    });
    await progress?.settled();
    if (signal.aborted || !isQuestion(result)) return shapeForHost(result, "legacy");
    finished.set(id, result);
    return undefined;
  };
}

async function runTool(tool: MetaTool, args: JsonObject, parts: FaceParts, caller: MetaToolCaller): Promise<JsonObject> {
  try {
    return await tool.run(args, await parts.gateway(), caller);
  } catch (reason) {
    return failureToResult(GatewayError.from(reason, caller.signal));
  }
}

const unknownTool = (name: string): ProtocolError =>
  new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown tool ${JSON.stringify(name)}: Sallyport offers ${[...byName.keys()].join(", ")}; call invoke with {"tool": "server/tool"} for a server's own tools`,
  );

type Notify = (notification: { method: string; params: JsonObject }) => Promise<void>;

function progressRelay(progressToken: unknown, notify: Notify): ProgressRelay | undefined {
  if (typeof progressToken !== "string" && typeof progressToken !== "number") return undefined;
  return new ProgressRelay(({ progress, total, message }) =>
    notify({
      method: "notifications/progress",
      params: { progressToken, progress, ...(total !== undefined && { total }), ...(message !== undefined && { message }) },
    }),
  );
}

/** Who asks: capabilities come from this very request in the modern era, from the handshake in the legacy one. */
function callerOf(server: Server, { mcpReq }: ServerContext, progress: ProgressRelay | undefined): MetaToolCaller {
  const envelope: JsonObject = mcpReq.envelope ?? {};
  const capabilities = envelope[CLIENT_CAPABILITIES] ?? server.getClientCapabilities();
  const state = mcpReq.requestState();
  return {
    signal: mcpReq.signal,
    onProgress: progress && ((update) => progress.pass(update)),
    hostCapabilities: isJsonObject(capabilities) ? capabilities : undefined,
    meta: travellingMeta(mcpReq._meta),
    inputResponses: mcpReq.inputResponses,
    requestState: typeof state === "string" ? state : undefined,
  };
}

/** The host's `_meta` without what belongs to this hop: its progress token and the protocol's own keys. */
function travellingMeta(meta: unknown): JsonObject | undefined {
  if (!isJsonObject(meta)) return undefined;
  const kept = Object.entries(meta).filter(([key]) => key !== "progressToken" && !key.startsWith(PROTOCOL_PREFIX));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
