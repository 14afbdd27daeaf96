import type { BackendRunner } from "../lifecycle/backend-runner.ts";
import { StartSlots } from "../lifecycle/start-slots.ts";
import { Supervisor, type SupervisorEvents } from "../lifecycle/supervisor.ts";
import type { BackendSpec } from "../model/backend-spec.ts";
import type { BackendState } from "../model/backend-state.ts";
import { GatewayError } from "../model/errors.ts";
import type { Connection, Observer, RuntimeDriver, Transport } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";
import type { RefreshCatalog } from "./refresh-catalog.ts";
import { ReplicaSet } from "./replica-set.ts";

/** Starts allowed at the same time; more only slow each other down. */
const PARALLEL_STARTS = 4;

export interface RunnerDeps {
  readonly drivers: ReadonlyMap<string, RuntimeDriver>;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly drainMs: number;
}

/** Makes what runs a backend: its supervisor, or one for each of several replicas. */
export function createRunnerFactory(
  { drivers, transport, clock, drainMs }: RunnerDeps,
  observer: Observer,
  refresh: RefreshCatalog,
): (spec: BackendSpec) => BackendRunner {
  const slots = new StartSlots(PARALLEL_STARTS);
  const supervise = (spec: BackendSpec, replica: number): Supervisor =>
    new Supervisor({
      spec,
      replica,
      driver: drivers.get(spec.runtime) ?? noDriver(spec.runtime),
      transport,
      clock,
      drainMs,
      startSlot: (signal) => slots.take(signal),
      events: eventsOf(spec.replicas > 1 ? `replica ${replica}` : undefined, observer, refresh, startTimer(clock)),
    });
  return (spec) => {
    const others = Array.from({ length: spec.replicas - 1 }, (_, index) => supervise(spec, index + 1));
    const first = supervise(spec, 0);
    return others.length === 0 ? first : new ReplicaSet(first, others, { clock, random: Math.random });
  };
}

const eventsOf = (
  name: string | undefined,
  observer: Observer,
  refresh: RefreshCatalog,
  startMs: (state: BackendState["name"]) => number | undefined,
): SupervisorEvents => ({
  stateChanged: (backend, state, detail) => {
    const told = [name, detail].filter((part) => part !== undefined).join(": ") || undefined;
    observer.backendChanged(backend, state, told, startMs(state));
  },
  connected: (backend, connection) => refreshInBackground(refresh, backend, connection),
  notified: (backend, method, _params, connection) => {
    if (method !== "notifications/tools/list_changed") return;
    refresh.invalidate(backend);
    refreshInBackground(refresh, backend, connection);
  },
});

/** Told every state, gives back how long a start took when one has ended, in ms. */
function startTimer(clock: Clock): (state: BackendState["name"]) => number | undefined {
  let since: number | undefined;
  return (state) => {
    const began = since;
    since = state === "starting" ? clock.now() : undefined;
    return began === undefined ? undefined : clock.now() - began;
  };
}

/** Its failure is told to the call that needs the tools. */
function refreshInBackground(refresh: RefreshCatalog, backend: string, connection: Connection): void {
  void refresh.refresh(backend, connection, new AbortController().signal).catch(() => undefined);
}

const noDriver = (kind: string): RuntimeDriver => ({
  kind,
  launch: ({ spec }) =>
    Promise.reject(
      new GatewayError("needs_config", `Cannot start "${spec.id}": this version cannot run ${kind} entries`, {
        backend: spec.id,
      }),
    ),
});
