import { Server } from "@modelcontextprotocol/server";
import { isLogLevel } from "../../model/host.ts";
import type { Era } from "../../model/ports.ts";
import { askByRequest } from "./ask-host.ts";
import { capabilitiesIn, logRelay } from "./caller-of.ts";
import { declaredBy, serveLegacyCalls } from "./legacy-calls.ts";
import { serveModernCalls } from "./modern-calls.ts";
import { definitions, type FaceParts } from "./tool-bench.ts";

const LIST_TTL_MS = 3_600_000;

const INSTRUCTIONS =
  "One door to many MCP servers. Call discover with one capability per string to find tools, describe for full definitions, " +
  "then invoke with the tool's address. Servers start by themselves when they are needed.";

/** The SDK server of one connection: cheap and free of side effects, since the SDK may make more than one. */
export function createServer(parts: FaceParts, era: Era): Server {
  const cacheHint = { ttlMs: LIST_TTL_MS, cacheScope: "public" } as const;
  const server = new Server(
    { name: "sallyport", title: "Sallyport", version: parts.version },
    {
      capabilities: { tools: {}, logging: {} },
      instructions: INSTRUCTIONS,
      cacheHints: { "tools/list": cacheHint, "server/discover": cacheHint },
    },
  );
  server.setRequestHandler("tools/list", (_request, { mcpReq }) => {
    const capabilities = capabilitiesIn(mcpReq.envelope);
    if (capabilities) parts.host.learn(capabilities);
    parts.ready();
    return { tools: definitions as never };
  });
  if (era === "legacy") serveLegacyHost(server, parts);
  else serveModernCalls(server, parts);
  return server;
}

/** A host of the legacy era says once what it can do, and can be asked and told at any time. */
function serveLegacyHost(server: Server, parts: FaceParts): void {
  const { host } = parts;
  const lines = logRelay((notification) => server.notification(notification));
  const openLane = serveLegacyCalls(server, parts, lines);
  server.oninitialized = () => {
    host.learn(declaredBy(server));
    host.reachableBy(askByRequest(server, parts.link.left), (params) => {
      const told = server.notification({ method: "notifications/elicitation/complete", params: params as never });
      told.catch(() => undefined); // a host without addresses does not want to hear of them
    });
    parts.ready();
    openLane();
  };
  server.setRequestHandler("logging/setLevel", ({ params: { level } }) => {
    if (isLogLevel(level)) host.wantsLog({ level, tell: (line) => lines.tell(line) });
    return {};
  });
  server.setNotificationHandler("notifications/roots/list_changed", () => host.rootsChanged());
}
