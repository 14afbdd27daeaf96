import { Server } from "@modelcontextprotocol/server";
import { isLogLevel } from "../../model/host.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Era } from "../../model/ports.ts";
import { askByRequest } from "./ask-host.ts";
import { capabilitiesIn } from "./caller-of.ts";
import type { HeldCalls } from "./held-calls.ts";
import { CACHE_HINT, CAPABILITIES, INSTRUCTIONS, SERVER_IDENTITY } from "./identity.ts";
import { serveLegacyCalls } from "./legacy-calls.ts";
import type { LegacyHost } from "./legacy-host.ts";
import { serveModernCalls } from "./modern-calls.ts";
import { definitions, type FaceParts } from "./tool-bench.ts";

export interface ServerParts extends FaceParts {
  /** The calls of a modern host that wait for its answers. */
  readonly held: HeldCalls;
  /** The host, should it be of the legacy era. */
  readonly legacy: LegacyHost;
}

/** The SDK server of one connection: cheap and free of side effects, since the SDK may make more than one. */
export function createServer(parts: ServerParts, era: Era): Server {
  const server = new Server(SERVER_IDENTITY, {
    capabilities: CAPABILITIES,
    instructions: INSTRUCTIONS,
    cacheHints: { "tools/list": CACHE_HINT, "server/discover": CACHE_HINT },
  });
  server.setRequestHandler("tools/list", (_request, { mcpReq }) => {
    const capabilities = capabilitiesIn(mcpReq.envelope);
    if (capabilities) parts.host.learn(capabilities);
    parts.ready();
    return { tools: definitions as never };
  });
  if (era === "legacy") serveLegacyHost(server, parts);
  else serveModernCalls(server, parts, parts.held);
  return server;
}

function serveLegacyHost(server: Server, parts: ServerParts): void {
  const { legacy } = parts;
  const declaredBefore = legacy.declared;
  legacy.declared = () => (server.getClientCapabilities() as JsonObject | undefined) ?? declaredBefore();
  legacy.ask = askByRequest(server, parts.link.left);
  serveLegacyCalls(server, parts, legacy);
  server.oninitialized = () => legacy.arrived();
  server.setRequestHandler("logging/setLevel", ({ params: { level } }) => {
    if (isLogLevel(level)) legacy.wantsLog(level);
    return {};
  });
  server.setNotificationHandler("notifications/roots/list_changed", () => parts.host.rootsChanged());
}
