import { relayedCapabilities } from "../model/host.ts";
import type { JsonObject } from "../model/json.ts";
import type { Connection } from "../model/ports.ts";

/** The key under which a modern request says what its client can do. */
const CLIENT_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";

/** The `_meta` that tells a modern backend what the host can do, since it may answer with a question; nothing for a legacy one. */
export const mirroredCapabilities = (hostCapabilities: JsonObject | undefined, { era }: Connection): JsonObject | undefined =>
  era === "modern" && hostCapabilities ? { [CLIENT_CAPABILITIES]: relayedCapabilities(hostCapabilities) } : undefined;
