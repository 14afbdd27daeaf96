import type { ProtocolEra } from "../../src/model/backend-spec.ts";
import type { Host } from "../../src/model/host.ts";
import type { JsonObject } from "../../src/model/json.ts";
import type { Connection, Endpoint, StateStore } from "../../src/model/ports.ts";
import type { Signal } from "../../src/model/signal.ts";
import { createMemoryStore } from "../../src/state/memory-store.ts";
import { type Clock, systemClock } from "../../src/time/clock.ts";
import { createTransport } from "../../src/transport/index.ts";
import { makeSpec } from "./fake-backend.ts";

export interface ConnectSettings {
  readonly era?: ProtocolEra;
  readonly clock?: Clock;
  readonly store?: StateStore;
  readonly signal?: Signal;
  readonly headers?: Record<string, string>;
  /** Whom the backend may ask; nobody by default. */
  readonly host?: Host;
  readonly onNotification?: (method: string, params: JsonObject) => void;
}

/** The system's clock with every wait a hundred times shorter. */
export const hurriedClock: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 100, run) };

/** A signal that never aborts. */
export const patient = (): Signal => new AbortController().signal;

/** Connects to an endpoint, or to a URL. */
export function connect(to: Endpoint | string, settings: ConnectSettings = {}): Promise<Connection> {
  const { era = "auto", clock = systemClock, store = createMemoryStore(), signal = patient() } = settings;
  const transport = createTransport({
    clock,
    store,
    identity: { name: "sallyport-tests", version: "1.0.0" },
    host: settings.host,
  });
  const endpoint: Endpoint = typeof to === "string" ? { kind: "http", url: to, headers: settings.headers ?? {} } : to;
  const spec = makeSpec({ id: "b", transport: endpoint.kind, protocolEra: era });
  return transport.connect({ spec, endpoint, signal, onNotification: settings.onNotification ?? (() => {}) });
}

/** Calls a tool without arguments. */
export const callTool = (connection: Connection, name = "t", signal = patient()): Promise<JsonObject> =>
  connection.request("tools/call", { name, arguments: {} }, { signal });
