import { inputRequired, ProtocolError, ProtocolErrorCode, Server, type ServerContext } from "@modelcontextprotocol/server";
import type { Gateway } from "../../gateway/gateway.ts";
import { GatewayError } from "../../model/errors.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import type { Era } from "../../model/ports.ts";
import { definitionOf, type MetaTool, type MetaToolCaller } from "./define-meta-tool.ts";
import { failureToResult } from "./failure-to-result.ts";
import { metaTools } from "./meta-tools/index.ts";
import { ProgressRelay } from "./progress-relay.ts";
import type { Relay } from "./serve-mcp.ts";
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
  /** Sends this result for that request instead of what the SDK would make of it. */
  readonly relay: Relay;
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
  server.oninitialized = parts.ready;
  server.setRequestHandler("tools/list", () => {
    parts.ready();
    return { tools: definitions as never };
  });
  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const tool = byName.get(params.name);
    if (!tool) throw unknownTool(params.name);
    const progress = progressRelay(ctx);
    const result = await runTool(tool, params.arguments ?? {}, parts, callerOf(server, ctx, progress));
    await progress?.settled();
    if (result["resultType"] === "input_required") return inputRequired(result as never);
    parts.relay(ctx.mcpReq.id, shapeForHost(result, era));
    return { content: [] };
  });
  return server;
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

function progressRelay({ mcpReq }: ServerContext): ProgressRelay | undefined {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return new ProgressRelay(({ progress, total, message }) =>
    mcpReq.notify({
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
