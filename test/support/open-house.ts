import type { Caller } from "../../src/gateway/caller.ts";
import { ContainerCare } from "../../src/gateway/container-care.ts";
import { createGateway, type OpenGateway } from "../../src/gateway/create-gateway.ts";
import type { RegistryView } from "../../src/gateway/views.ts";
import type { BackendSpec } from "../../src/model/backend-spec.ts";
import type { JsonObject } from "../../src/model/json.ts";
import type { Endpoint, RuntimeDriver, StateStore, Transport } from "../../src/model/ports.ts";
import type { RegistrySnapshot } from "../../src/model/registry-snapshot.ts";
import { USUAL_WATCHING } from "../../src/model/watching.ts";
import { createMemoryStore } from "../../src/state/memory-store.ts";
import type { Logger } from "../../src/telemetry/logger.ts";
import { FakeBackend, makeSpec } from "./fake-backend.ts";
import { ManualClock } from "./manual-clock.ts";

/** One line of the log. */
export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: JsonObject;
}

/** A whole gateway over backends in this process, on a clock that the test moves. */
export interface House extends OpenGateway, AsyncDisposable {
  readonly clock: ManualClock;
  readonly store: StateStore;
  readonly log: readonly Logged[];
  /** The access log: one line per call. */
  calls(): readonly JsonObject[];
  /** The backend of an entry, by the entry's digest; the same one before and after it is started. Each replica is one. */
  backend(digest: string, replica?: number): FakeBackend;
}

export interface HouseOptions {
  readonly store?: StateStore;
  readonly runtimeDir?: string;
  readonly registryView?: () => RegistryView;
}

/** An entry whose digest is its id. */
export const entry = (id: string, over: Partial<BackendSpec> = {}): BackendSpec => makeSpec({ id, digest: id, ...over });

/** A snapshot of these entries. */
export const snapshotOf = (...specs: readonly BackendSpec[]): RegistrySnapshot => ({
  file: "/registry.json",
  backends: new Map(specs.map((spec) => [spec.id, spec])),
  settings: {
    ...USUAL_WATCHING,
    drainMs: 5_000,
    engine: undefined,
    rememberChoices: true,
    embeddings: undefined,
    chat: undefined,
  },
  warnings: [],
  digest: specs.map(({ digest }) => digest).join(),
});

/** A tool definition as backends write them. */
export const tool = (name: string, over: JsonObject = {}): JsonObject => ({
  name,
  description: `Does ${name}`,
  inputSchema: { type: "object" },
  ...over,
});

/** Lets a backend offer tools; a call answers with its own name and arguments unless `call` says otherwise. */
export function offer(backend: FakeBackend, tools: readonly unknown[], call = echoed): FakeBackend {
  backend.answering = async (method, params) => (method === "tools/list" ? { tools } : await call(params));
  return backend;
}

const echoed = async (params: JsonObject): Promise<JsonObject> => ({ content: [{ type: "text", text: JSON.stringify(params) }] });

/** A caller that waits as long as it takes. */
export const caller = (over: Partial<Caller> = {}): Caller => ({ signal: new AbortController().signal, ...over });

export function openHouse(specs: readonly BackendSpec[], options: HouseOptions = {}): House {
  const clock = new ManualClock();
  const store = options.store ?? createMemoryStore();
  const { log: logger, lines: log } = recorder();
  const backends = new Map<string, FakeBackend>();
  const backend = (digest: string, replica = 0): FakeBackend => {
    const name = `${digest} ${replica}`;
    const known = backends.get(name) ?? new FakeBackend();
    backends.set(name, known);
    return known;
  };
  const launched = new WeakMap<Endpoint, FakeBackend>();
  const driver: RuntimeDriver = {
    kind: "fake",
    async launch(request) {
      const chosen = backend(request.spec.digest, request.replica);
      const workload = await chosen.launch(request);
      launched.set(workload.endpoint, chosen);
      return workload;
    },
  };
  const transport: Transport = {
    connect: (request) => (launched.get(request.endpoint) ?? backend(request.spec.digest)).connect(request),
  };
  const snapshot = snapshotOf(...specs);
  const { gateway, apply } = createGateway({
    version: "0.0.0",
    snapshot,
    registryView: options.registryView ?? (() => ({ file: snapshot.file, state: "ok", servers: 1, errors: [], warnings: [] })),
    drivers: new Map([["fake", driver]]),
    transport,
    containers: new ContainerCare({ clock, log: logger, runtimeDir: "/nowhere", engine: undefined, snapshot: () => snapshot }),
    runtimeDir: options.runtimeDir ?? "/nowhere",
    store,
    clock,
    log: logger,
    close: () => Promise.resolve(),
  });
  return {
    gateway,
    apply,
    clock,
    store,
    log,
    calls: () => log.filter(({ message }) => message === "call").map(({ fields }) => fields),
    backend,
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** A log that a test can read. */
export function recorder(): { readonly log: Logger; readonly lines: Logged[] } {
  const lines: Logged[] = [];
  const at = (level: string) => (fields: JsonObject, message: string) => void lines.push({ level, message, fields });
  return { lines, log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), flush: () => {} } };
}
