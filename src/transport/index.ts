import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { Connection, ConnectRequest, StateStore, Transport } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";
import { dialInItsEra } from "./choose-era.ts";
import type { Dialer } from "./dial.ts";
import { EraMemory } from "./era-memory.ts";
import { SdkConnection, type SdkConnectionParts } from "./sdk-connection.ts";
import { ChildTransport } from "./stdio/child-transport.ts";
import { paramHeaders } from "./streamable-http/param-headers.ts";
import { UndiciTransport } from "./streamable-http/undici-transport.ts";

export { scanParamHeaders } from "./streamable-http/param-headers.ts";

export interface TransportDeps {
  readonly clock: Clock;
  /** Keeps which protocol era each backend speaks. */
  readonly store: StateStore;
  /** What the gateway calls itself towards backends. */
  readonly identity: { readonly name: string; readonly version: string };
}

/** Speaks MCP to any endpoint a runtime may open: Streamable HTTP, or the pipes of a child; each in both protocol eras. */
export function createTransport({ clock, store, identity }: TransportDeps): Transport {
  const memory = new EraMemory(store, clock);
  return {
    async connect(request: ConnectRequest): Promise<Connection> {
      const { spec } = request;
      const way = wayTo(request, clock);
      const { signal, onNotification } = request;
      const dialled = await dialInItsEra({ ...way, backend: spec.id, identity, signal, onNotification }, spec, memory);
      const { headersFor, strayLines, hasSession } = way;
      return new SdkConnection({ ...dialled, backend: spec.id, clock, headersFor, strayLines, hasSession });
    },
  };
}

type WayTo = Pick<Dialer, "newTransport" | "canDialAgain" | "offer"> &
  Pick<SdkConnectionParts, "headersFor" | "strayLines" | "hasSession">;

/** Legacy HTTP servers with an event store answer this revision about three times as fast as the one after it. */
const HTTP_OFFER = "2025-06-18";
const STDIO_OFFER = "2025-11-25";

function wayTo({ spec, endpoint }: ConnectRequest, clock: Clock): WayTo {
  if (spec.transport === "sse")
    throw new GatewayError(
      "needs_config",
      `Cannot connect to "${spec.id}": the HTTP+SSE transport is deprecated and not supported`,
      {
        backend: spec.id,
        hint: 'Set "transport": "http" and the url of its Streamable HTTP endpoint, often /mcp',
      },
    );
  if (endpoint.kind === "stdio") {
    const child = new ChildTransport(endpoint); // its pipes serve one conversation, so there is one transport
    return {
      newTransport: () => child,
      canDialAgain: false,
      offer: STDIO_OFFER,
      headersFor: undefined,
      strayLines: () => child.strayCount,
      hasSession: undefined,
    };
  }
  let newest: UndiciTransport | undefined; // the one that serves: an attempt that failed is followed by another
  const newTransport = () => {
    newest = new UndiciTransport({ backend: spec.id, endpoint, clock });
    return newest;
  };
  const hasSession = () => newest?.hasSession === true;
  return { newTransport, canDialAgain: true, offer: HTTP_OFFER, headersFor, strayLines: undefined, hasSession };
}

const headersFor = (method: string, params: JsonObject, definition: JsonObject): Record<string, string> =>
  method === "tools/call" ? paramHeaders(definition, params["arguments"]) : {};
