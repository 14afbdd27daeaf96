import { GatewayError } from "../model/errors.ts";
import { type Host, NO_HOST } from "../model/host.ts";
import type { JsonObject } from "../model/json.ts";
import type { Connection, ConnectRequest, StateStore, Transport } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";
import { dialInItsEra } from "./choose-era.ts";
import type { Dialer } from "./dial.ts";
import { EraMemory } from "./era-memory.ts";
import { SdkConnection, type SdkConnectionParts } from "./sdk-connection.ts";
import { ChildTransport } from "./stdio/child-transport.ts";
import { paramHeaders, scanParamHeaders } from "./streamable-http/param-headers.ts";
import { UndiciTransport } from "./streamable-http/undici-transport.ts";

export interface TransportDeps {
  readonly clock: Clock;
  /** Keeps which protocol era each backend speaks. */
  readonly store: StateStore;
  /** What the gateway calls itself towards backends. */
  readonly identity: { readonly name: string; readonly version: string };
  /** Whom backends may ask, and tell what they log. */
  readonly host?: Host | undefined;
}

/** Speaks MCP to any endpoint a runtime may open: Streamable HTTP, or the pipes of a child; each in both protocol eras. */
export function createTransport({ clock, store, identity, host = NO_HOST }: TransportDeps): Transport {
  const memory = new EraMemory(store, clock);
  return {
    async connect(request: ConnectRequest): Promise<Connection> {
      const { spec } = request;
      const way = wayTo(request, clock, host);
      const { signal, onNotification } = request;
      const { capabilities } = host; // a legacy backend is told them now and never again
      const dialer = { ...way, backend: spec.id, identity, capabilities, signal, onNotification };
      const dialled = await dialInItsEra(dialer, spec, memory);
      const { headersFor, toolFault, strayLines, hasSession, traffic, sendDirect } = way;
      const ways = { headersFor, toolFault, strayLines, hasSession, traffic, sendDirect };
      return new SdkConnection({ ...dialled, backend: spec.id, identity, clock, host, ...ways });
    },
  };
}

type WayTo = Pick<Dialer, "newTransport" | "canDialAgain" | "offer"> &
  Pick<SdkConnectionParts, "headersFor" | "toolFault" | "strayLines" | "hasSession" | "traffic" | "sendDirect">;

/** Legacy HTTP servers with an event store answer this revision about three times as fast as the one after it. */
const HTTP_OFFER = "2025-06-18";
const STDIO_OFFER = "2025-11-25";

function wayTo({ spec, endpoint }: ConnectRequest, clock: Clock, host: Host): WayTo {
  const backend = spec.id;
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
    const child = new ChildTransport({ ...endpoint, backend, clock, host }); // its pipes serve one conversation, so there is one transport
    return {
      newTransport: () => child,
      canDialAgain: false,
      offer: STDIO_OFFER,
      headersFor: undefined,
      toolFault: undefined,
      strayLines: () => child.strayCount,
      hasSession: undefined,
      traffic: undefined,
      sendDirect: (direct, settled) => child.direct(direct, settled),
    };
  }
  let newest: UndiciTransport | undefined; // the one that serves: an attempt that failed is followed by another
  const newTransport = () => {
    newest = new UndiciTransport({ backend, endpoint, clock, host });
    return newest;
  };
  return {
    newTransport,
    canDialAgain: true,
    offer: HTTP_OFFER,
    headersFor,
    toolFault: headerFault,
    strayLines: undefined,
    hasSession: () => newest?.hasSession === true,
    traffic: () => newest?.traffic,
    sendDirect: (direct, settled) => {
      if (newest) newest.direct(direct, settled);
      else settled(undefined, new GatewayError("internal", `Cannot call "${backend}": it was never dialled`, { backend }));
    },
  };
}

const headersFor = (method: string, params: JsonObject, definition: JsonObject): Record<string, string> | undefined =>
  method === "tools/call" ? paramHeaders(definition, params["arguments"]) : undefined;

/** Revision 2026-07-28 has HTTP clients leave out tools whose header annotations are invalid. */
function headerFault(definition: JsonObject): string | undefined {
  const scan = scanParamHeaders(definition);
  return scan.valid ? undefined : `The inputSchema is invalid: ${scan.reason}`;
}
