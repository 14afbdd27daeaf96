import type { Caller } from "../../../src/gateway/caller.ts";
import { ContainerCare } from "../../../src/gateway/container-care.ts";
import { createGateway, type OpenGateway } from "../../../src/gateway/create-gateway.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import type { RegistrySnapshot } from "../../../src/model/registry-snapshot.ts";
import { parseRegistry } from "../../../src/registry/parse-registry.ts";
import { createDrivers, runtimeKinds } from "../../../src/runtime/index.ts";
import { createMemoryStore } from "../../../src/state/memory-store.ts";
import type { Clock } from "../../../src/time/clock.ts";
import { createTransport } from "../../../src/transport/index.ts";
import { type Logged, recorder } from "../../support/open-house.ts";
import { rushedClock } from "./rushed-clock.ts";

/** Entries of a registry by server id. */
export type Entries = Readonly<Record<string, JsonObject>>;

/** A whole gateway in this process, over real sockets and children. */
export interface Bench extends OpenGateway, AsyncDisposable {
  readonly clock: Clock;
  readonly log: readonly Logged[];
  /** Puts a registry with these entries in force. */
  reload(entries: Entries): void;
}

export interface BenchOptions {
  readonly clock?: Clock;
  /** The engine that containers run on, as the registry names it. */
  readonly engine?: string;
}

/** The snapshot of a registry with these entries; throws with every problem it has. */
function readEntries(entries: Entries, settings: JsonObject = {}): RegistrySnapshot {
  const text = JSON.stringify({ ...settings, mcpServers: entries });
  const reading = parseRegistry({ text, file: "/registry.json", kinds: runtimeKinds, env: { PATH: process.env["PATH"] } });
  if (reading.kind === "loaded") return reading.snapshot;
  throw new Error(reading.problems.map(({ message }) => message).join("\n"));
}

export function openBench(entries: Entries, { clock = rushedClock, engine }: BenchOptions = {}): Bench {
  const { log: logger, lines: log } = recorder();
  const store = createMemoryStore();
  const snapshot = readEntries(entries, engine === undefined ? {} : { engine });
  const containers = new ContainerCare({ clock, log: logger, runtimeDir: "/nowhere", engine, snapshot: () => snapshot });
  const open = createGateway({
    version: "0.0.0",
    snapshot,
    registryView: () => ({ file: "/registry.json", state: "ok", servers: snapshot.backends.size, errors: [], warnings: [] }),
    drivers: createDrivers({ clock, containers: containers.driverDeps }),
    containers,
    transport: createTransport({ clock, store, identity: { name: "sallyport", version: "0.0.0" } }),
    runtimeDir: "/nowhere",
    store,
    clock,
    log: logger,
    close: () => containers[Symbol.asyncDispose](),
  });
  return {
    ...open,
    clock,
    log,
    reload: (next) => open.apply(readEntries(next)),
    [Symbol.asyncDispose]: () => open.gateway[Symbol.asyncDispose](),
  };
}

/** A caller that waits as long as it takes, unless `over` says otherwise. */
export const caller = (over: Partial<Caller> = {}): Caller => ({ signal: new AbortController().signal, ...over });
