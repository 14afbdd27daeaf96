import {
  Client,
  type DiscoverResult,
  type PriorDiscovery,
  type Transport as SdkTransport,
  SERVER_INFO_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/client";
import type { GatewayError } from "../model/errors.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { ConnectRequest, PeerFacts } from "../model/ports.ts";
import { abandonOnAbort, nativeSignal } from "../time/linked-signal.ts";
import { notExecuted } from "./not-executed.ts";
import { AS_IT_CAME, type Dialled, NO_TIMEOUT_MS } from "./sdk-connection.ts";
import { fromSdkError } from "./sdk-errors.ts";

/** What it takes to open a conversation with one endpoint, as often as needed. */
export interface Dialer extends Pick<ConnectRequest, "signal" | "onNotification"> {
  readonly backend: string;
  readonly identity: { readonly name: string; readonly version: string };
  /** What the host can be asked; a legacy backend is told so. */
  readonly capabilities: JsonObject;
  /** The legacy revision to offer first. */
  readonly offer: string;
  /** Makes a transport nobody has used yet. */
  readonly newTransport: () => SdkTransport;
  /** Whether a failed attempt can be followed by another one; the pipes of a child serve only once. */
  readonly canDialAgain: boolean;
}

const MODERN = "2026-07-28";
const PROBE_MS = 2_000;
/** Stands in for the answer to `server/discover` until the backend has given its own. */
const UNSEEN: DiscoverResult = {
  supportedVersions: [MODERN],
  capabilities: { tools: {}, resources: {}, prompts: {} },
  ttlMs: 0,
  cacheScope: "private",
};

/**
 * How to find the common ground: ask for the era, take one for granted, or take the modern one on the registry's word
 * (`pinned`), which a backend need not confirm.
 */
export type Way = "probe" | "legacy" | "modern" | "pinned";

/** Opens a conversation; throws a GatewayError and leaves nothing open when that fails. */
export async function dial(dialer: Dialer, way: Way): Promise<Dialled> {
  const { backend, signal } = dialer;
  const transport = dialer.newTransport();
  const client = newClient(dialer);
  const closed = new Promise<void>((resolve) => {
    client.onclose = resolve;
  });
  const prior = priorFor(way);
  try {
    const connecting = client.connect(transport, {
      signal: nativeSignal(signal),
      timeout: NO_TIMEOUT_MS,
      ...(prior && { prior }),
    });
    await abandonOnAbort(connecting, signal);
    const peer = prior?.kind === "modern" ? await askModern(client, dialer, way) : factsOf(client);
    return { client, era: client.getProtocolEra() ?? "legacy", peer, closed };
  } catch (error) {
    await transport.close().catch(() => {}); // the first error is the one that matters
    const failure = fromSdkError(error, backend, signal);
    throw signal.aborted ? failure : notExecuted(failure); // no call has been sent yet
  }
}

function priorFor(way: Way): PriorDiscovery | undefined {
  if (way === "probe") return undefined;
  return way === "legacy" ? { kind: "legacy" } : { kind: "modern", discover: UNSEEN };
}

function newClient({ identity, capabilities, offer, onNotification }: Dialer): Client {
  const client = new Client(
    { ...identity },
    {
      capabilities: { ...capabilities },
      inputRequired: { autoFulfill: false },
      versionNegotiation: { mode: "auto", probe: { timeoutMs: PROBE_MS } },
      supportedProtocolVersions: [offer, ...SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version !== offer)],
    },
  );
  client.fallbackNotificationHandler = async ({ method, params }) => onNotification(method, params ?? {});
  return client;
}

/** Facts of a conversation whose handshake was a real one. */
function factsOf(client: Client): PeerFacts {
  return {
    protocolVersion: client.getNegotiatedProtocolVersion() ?? "",
    capabilities: { ...client.getServerCapabilities() },
    serverInfo: client.getServerVersion() && { ...client.getServerVersion() },
    instructions: client.getInstructions(),
  };
}

/** Facts of a conversation that began without a handshake; asking for them also shows that the backend is there and modern. */
async function askModern(client: Client, { backend, signal }: Dialer, way: Way): Promise<PeerFacts> {
  try {
    const result = await client.request({ method: "server/discover" }, AS_IT_CAME, {
      signal: nativeSignal(signal),
      timeout: NO_TIMEOUT_MS,
    });
    const { capabilities, instructions, _meta: meta } = result;
    const serverInfo = isJsonObject(meta) ? meta[SERVER_INFO_META_KEY] : undefined;
    return {
      protocolVersion: MODERN,
      capabilities: isJsonObject(capabilities) ? capabilities : {},
      serverInfo: isJsonObject(serverInfo) ? serverInfo : undefined,
      instructions: typeof instructions === "string" ? instructions : undefined,
    };
  } catch (error) {
    const failure = fromSdkError(error, backend, signal);
    if (way === "pinned" && doubtsEra(failure)) return factsOf(client);
    throw failure;
  }
}

/** Whether a failure may come from speaking the wrong era, rather than from a backend that is away or refuses our credentials. */
export const doubtsEra = ({ code, httpStatus }: GatewayError): boolean =>
  (code === "upstream_rejected" || code === "upstream_protocol") && httpStatus !== 401 && httpStatus !== 403;
