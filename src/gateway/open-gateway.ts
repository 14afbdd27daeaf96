import type { Host } from "../model/host.ts";
import type { RegistryProblem } from "../model/registry-snapshot.ts";
import { Scope } from "../model/scope.ts";
import { findRegistryFile } from "../registry/find-registry-file.ts";
import { loadRegistry, readRegistry } from "../registry/load-registry.ts";
import type { RegistryReading } from "../registry/parse-registry.ts";
import { watchRegistry } from "../registry/watch-registry.ts";
import { createDrivers, runtimeKinds } from "../runtime/index.ts";
import { openFileStore } from "../state/file-store.ts";
import { createMemoryStore } from "../state/memory-store.ts";
import { openStateDirs } from "../state/state-dir.ts";
import { createLogger } from "../telemetry/logger.ts";
import { type Clock, systemClock } from "../time/clock.ts";

import { ContainerCare } from "./container-care.ts";
import { createGateway } from "./create-gateway.ts";
import type { Gateway } from "./gateway.ts";
import { lateTransport } from "./late-transport.ts";
import { RegistryDesk } from "./registry-desk.ts";

export interface OpenOptions {
  /** Path given on the command line; default: environment, then the user's configuration folder. */
  readonly registry?: string | undefined;
  readonly version: string;
  /** Whom backends may ask, and tell what they log; default: nobody. */
  readonly host?: Host | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
}

/**
 * Opens the gateway on its registry file and keeps following it. An invalid file does not keep it from opening: the last good
 * copy, or no server at all, is in force until the file is mended, and `status` says why.
 */
export async function openGateway(options: OpenOptions): Promise<Gateway> {
  const owned = new Scope();
  try {
    return await assemble(options, owned);
  } catch (error) {
    await owned[Symbol.asyncDispose]();
    throw error;
  }
}

async function assemble(
  { registry, version, host, env = process.env, clock = systemClock }: OpenOptions,
  owned: Scope,
): Promise<Gateway> {
  const log = createLogger(env);
  owned.defer(() => log.flush());
  const dirs = await openStateDirs(env);
  const onFailure = (failure: Error): void => log.warn({ error: failure.message }, "state not kept");
  const store = owned.use(await openFileStore({ directory: dirs.cache, clock, onFailure }));

  const loading = { file: findRegistryFile({ flag: registry, env }), kinds: runtimeKinds, store, env };
  const start = await loadRegistry(loading);
  const desk = new RegistryDesk(loading.file, start, log);
  const { engine } = desk.snapshot.settings;
  const containers = owned.use(
    new ContainerCare({ clock, log, runtimeDir: dirs.runtime, engine, snapshot: () => desk.snapshot }),
  );
  const { gateway, apply } = createGateway({
    version,
    snapshot: desk.snapshot,
    registryView: () => desk.view,
    drivers: createDrivers({ clock, containers: containers.driverDeps }),
    containers,
    runtimeDir: dirs.runtime,
    transport: lateTransport({ clock, store, identity: { name: "sallyport", version }, host }),
    store,
    clock,
    log,
    close: () => owned[Symbol.asyncDispose](),
  });
  const onChange = (reading: RegistryReading): void => {
    const snapshot = desk.take(reading);
    if (snapshot) apply(snapshot);
  };
  const watcher = watchRegistry({ ...loading, clock, current: start, onChange });
  owned.defer(() => watcher[Symbol.dispose]());
  return gateway;
}

export interface RegistryCheck {
  readonly file: string;
  readonly servers: number;
  readonly problems: readonly RegistryProblem[];
}

/** Reads the registry and says everything that is wrong or odd about it; starts and keeps nothing. */
export async function checkRegistry(registry: string | undefined, env: NodeJS.ProcessEnv = process.env): Promise<RegistryCheck> {
  const file = findRegistryFile({ flag: registry, env });
  const reading = await readRegistry({ file, kinds: runtimeKinds, store: createMemoryStore(), env });
  return reading.kind === "loaded"
    ? { file, servers: reading.snapshot.backends.size, problems: reading.snapshot.warnings }
    : { file, servers: 0, problems: reading.problems };
}
