import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { Server as LegacyServer } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import {
  createMcpHandler,
  fromJsonSchema,
  inputRequired,
  type McpHttpHandler,
  McpServer,
  Server,
} from "@modelcontextprotocol/server";
import { close, listen } from "./scripted-http.ts";

/** A real SDK server in this process. */
export interface SdkBackend extends AsyncDisposable {
  readonly url: string;
  /** Tells every listening client that the tools have changed. */
  announceToolChange(): void;
}

const INFO = { name: "sdk-backend", version: "1.0.0" };
const OBJECT = { type: "object" as const };

/** A tool whose `region` argument travels as a header too. */
export const REGION_TOOL = {
  name: "region",
  inputSchema: { ...OBJECT, properties: { region: { type: "string", "x-mcp-header": "Region" } } },
};
const TOOLS = [
  { name: "echo", inputSchema: OBJECT },
  { name: "count", inputSchema: OBJECT },
  { name: "ask", inputSchema: OBJECT },
];

/** What a modern server answers as long as it does not know a name. */
const QUESTION = inputRequired({
  inputRequests: {
    name: {
      method: "elicitation/create",
      params: { message: "Who?", requestedSchema: { type: "object", properties: {} } },
    },
  },
  requestState: "state-1",
});

const echoed = (args: unknown) => ({
  content: [{ type: "text" as const, text: JSON.stringify(args ?? {}), _meta: { kept: true } }],
  structuredContent: { echoed: args ?? {} },
  isError: false,
});

/** A server of revision 2026-07-28, which serves the legacy era too if asked for. */
export const startModernBackend = (settings: { readonly legacy?: "stateless" | "reject" } = {}): Promise<SdkBackend> =>
  serveModern(createMcpHandler(modernServer, { legacy: settings.legacy ?? "reject" }));

/** A modern server that knows its tools' schemas, and so checks the headers that repeat their arguments. */
export const startHeaderCheckingBackend = (): Promise<SdkBackend> =>
  serveModern(
    createMcpHandler(() => {
      const server = new McpServer(INFO);
      const inputSchema = fromJsonSchema<{ region?: string }>(REGION_TOOL.inputSchema);
      server.registerTool(REGION_TOOL.name, { inputSchema }, async (args) => echoed(args));
      return server;
    }),
  );

async function serveModern(handler: McpHttpHandler): Promise<SdkBackend> {
  const handle = toNodeHandler(handler);
  const server = createServer((request, response) => void handle(request as Parameters<typeof handle>[0], response));
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    announceToolChange: () => handler.notify.toolsChanged(),
    async [Symbol.asyncDispose]() {
      await handler.close();
      await close(server);
    },
  };
}

function modernServer(): Server {
  const server = new Server(INFO, { capabilities: { tools: { listChanged: true }, prompts: {} }, instructions: "Be kind" });
  server.setRequestHandler("prompts/get", (_request, ctx) => {
    const answers = ctx.mcpReq.inputResponses;
    if (answers === undefined) return QUESTION;
    const text = JSON.stringify({ state: ctx.mcpReq.requestState(), answers });
    return { messages: [{ role: "user", content: { type: "text", text } }] };
  });
  server.setRequestHandler("tools/list", async () => ({ tools: TOOLS }));
  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    if (params.name === "ask" && ctx.mcpReq.inputResponses === undefined) return QUESTION;
    if (params.name === "ask") return echoed({ state: ctx.mcpReq.requestState(), answers: ctx.mcpReq.inputResponses });
    const token = params._meta?.progressToken;
    for (let progress = 1; params.name === "count" && token !== undefined && progress <= 3; progress += 1)
      await ctx.mcpReq.notify({ method: "notifications/progress", params: { progressToken: token, progress, total: 3 } });
    return echoed(params.arguments);
  });
  return server;
}

/** A server of the legacy SDK that keeps sessions. */
export async function startLegacyBackend(): Promise<SdkBackend> {
  const sessions = new Map<string, { transport: StreamableHTTPServerTransport; server: LegacyServer }>();
  const server = createServer(async (request, response) => {
    const known = sessions.get(String(request.headers["mcp-session-id"]));
    const transport = known?.transport ?? (await newSession(sessions));
    await transport.handleRequest(request, response);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    announceToolChange: () => {
      for (const { server: session } of sessions.values()) void session.sendToolListChanged();
    },
    async [Symbol.asyncDispose]() {
      for (const { transport } of sessions.values()) await transport.close();
      await close(server);
    },
  };
}

async function newSession(
  sessions: Map<string, { transport: StreamableHTTPServerTransport; server: LegacyServer }>,
): Promise<StreamableHTTPServerTransport> {
  const server = legacyServer();
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, { transport, server }),
  });
  await server.connect(transport as Parameters<LegacyServer["connect"]>[0]);
  return transport;
}

function legacyServer(): LegacyServer {
  const server = new LegacyServer(INFO, { capabilities: { tools: { listChanged: true } }, instructions: "Be kind" });
  server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: TOOLS }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    if (params.name === "ask")
      return echoed(await server.elicitInput({ message: "Who?", requestedSchema: { type: "object", properties: {} } }));
    const token = params._meta?.progressToken;
    for (let progress = 1; params.name === "count" && token !== undefined && progress <= 3; progress += 1)
      await extra.sendNotification({ method: "notifications/progress", params: { progressToken: token, progress, total: 3 } });
    return echoed(params.arguments);
  });
  return server;
}
