import { ResultCache } from "../cache/result-cache.ts";
import { Catalog } from "../catalog/catalog.ts";
import { Fleet } from "../lifecycle/fleet.ts";
import type { BackendSpec } from "../model/backend-spec.ts";
import type { ToolCall, ToolResult } from "../model/call.ts";
import type { RuntimeDriver, StateStore, Transport } from "../model/ports.ts";
import type { RegistrySnapshot } from "../model/registry-snapshot.ts";
import { callBudget } from "../resilience/deadline.ts";
import { IdempotencyKeys } from "../resilience/idempotency.ts";
import { ResultStore } from "../results/result-store.ts";
import { ToolIndex } from "../search/tool-index.ts";
import { createAccessLog, tellAll } from "../telemetry/access-log.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "../time/clock.ts";
import { createBackendRequests } from "./backend-requests.ts";
import { CallDesk } from "./call-desk.ts";
import { Choices } from "./choices.ts";
import type { ContainerCare } from "./container-care.ts";
import { Discovery } from "./discovery.ts";
import { ExampleWriter } from "./examples/example-writer.ts";
import { admission } from "./filters/admission.ts";
import { breaker } from "./filters/breaker.ts";
import { bulkhead } from "./filters/bulkhead.ts";
import { cache } from "./filters/cache.ts";
import { deadline } from "./filters/deadline.ts";
import { idempotency } from "./filters/idempotency.ts";
import { observe } from "./filters/observe.ts";
import { policy } from "./filters/policy.ts";
import { readOnly } from "./filters/read-only.ts";
import { retry } from "./filters/retry.ts";
import { send } from "./filters/send.ts";
import { shapeResult } from "./filters/shape-result.ts";
import { forgetResults } from "./forget-results.ts";
import { Gateway } from "./gateway.ts";
import { Guards } from "./guards.ts";
import { HouseWatch } from "./house-watch.ts";
import { Intake } from "./intake.ts";
import { KeptIndex } from "./kept-index.ts";
import { LearnTools } from "./learn-tools.ts";
import { Meaning } from "./meaning/meaning.ts";
import { pipeline } from "./pipeline.ts";
import { RecallCatalog } from "./recall-catalog.ts";
import { RefreshCatalog } from "./refresh-catalog.ts";
import { Router } from "./router.ts";
import { createRunnerFactory } from "./runner-factory.ts";
import { ServerDesk } from "./server-desk.ts";
import { type RegistryView, Views } from "./views.ts";

export interface GatewayDeps {
  readonly version: string;
  readonly snapshot: RegistrySnapshot;
  readonly registryView: () => RegistryView;
  readonly drivers: ReadonlyMap<string, RuntimeDriver>;
  readonly transport: Transport;
  readonly containers: ContainerCare;
  /** Our own directory for what is true of running processes. */
  readonly runtimeDir: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Runs last when the gateway closes. */
  readonly close: () => Promise<void>;
}

/** A gateway and the door through which new registry snapshots come in. */
export interface OpenGateway {
  readonly gateway: Gateway;
  readonly apply: (snapshot: RegistrySnapshot) => void;
}

/** Puts the rooms together, and does nothing else. */
export function createGateway(deps: GatewayDeps): OpenGateway {
  const { clock, log, store } = deps;
  const watched = () => ({ fleet, router, guards, catalog });
  const watch = new HouseWatch({ version: deps.version, clock, log, socketDir: deps.runtimeDir, watched });
  const results = new ResultCache(clock);
  const bigResults = new ResultStore(clock);
  const isWanted = () => fleet.snapshot.settings.rememberChoices;
  const choices = new Choices({ store, clock, isWanted });
  const observer = tellAll([...watch.observers, createAccessLog(log), forgetResults(results), choices], log);
  const follow = (backend: string): void => {
    kept.follow(backend);
    meaning.follow(backend);
  };
  const catalog = new Catalog(follow);
  const specOf = (backend: string) => fleet.get(backend)?.spec;
  const kept = new KeptIndex({ index: new ToolIndex(clock), catalog, specOf, store, clock, log, version: deps.version });
  const embeddings = () => fleet.snapshot.settings.embeddings;
  const meaning = new Meaning({ settings: embeddings, catalog, specOf, store, clock, log });
  const refresh = new RefreshCatalog(catalog, store, specOf, clock, (backend) => results.invalidate(backend));
  const { drivers, transport } = deps;
  const { drainMs } = deps.snapshot.settings;
  const fleet = new Fleet(deps.snapshot, createRunnerFactory({ drivers, transport, clock, drainMs }, observer, refresh));
  const router = new Router(fleet, catalog);
  const recall = new RecallCatalog(fleet, catalog, store, log);
  const learn = new LearnTools(fleet, catalog, recall, refresh, clock);

  const guards = new Guards(clock, (backend, state) => observer.circuitChanged(backend, state));
  const sendMs = ({ ref }: ToolCall) => sendMsOf(router.find(ref.backend)?.spec, ref.tool);
  const intake = new Intake();
  const entrance = [observe(observer, clock), admission(intake), deadline(clock), policy(router)];
  const passage = [
    shapeResult(router, bigResults),
    cache({ results, router, clock }),
    idempotency(new IdempotencyKeys<ToolResult>(clock)),
    bulkhead(router, guards),
    retry(router, guards, clock),
    breaker({ router, guards, clock, sendMs }),
  ];
  const ask = send({ router, clock, catalog: refresh, sendMs });

  const { containers } = deps;
  const calls = pipeline([...entrance, ...passage], ask);
  const readOnlyCalls = pipeline([...entrance, readOnly(router, learn), ...passage], ask);
  const gateway = new Gateway({
    version: deps.version,
    clock,
    discovery: watch.metered(new Discovery({ router, kept, learn, choices, meaning, clock })),
    views: new Views({ fleet, router, catalog, recall, watch, meaning, results, clock, guards, containers }),
    ops: watch.ops,
    bigResults,
    intake,
    calls: new CallDesk({ clock, router, calls, readOnlyCalls }),
    servers: new ServerDesk({ clock, fleet, router, learn, refresh, guards, results, intake, containers }),
    requests: createBackendRequests({ router, guards, clock }),
    containers,
    examples: new ExampleWriter({ fleet, router, catalog, learn, clock }),
    registry: deps.registryView,
    close: async () => {
      guards[Symbol.dispose]();
      watch[Symbol.dispose]();
      await Promise.all([kept.close(), choices.close(), meaning.close()]);
      await fleet[Symbol.asyncDispose]();
      await deps.close();
    },
  });

  const apply = (snapshot: RegistrySnapshot): void => {
    const diff = fleet.apply(snapshot);
    guards.keepOnly(fleet.all());
    for (const backend of diff.changed) {
      results.invalidate(backend);
      watch.renew(backend);
    }
    for (const backend of diff.removed) {
      catalog.forget(backend);
      results.forget(backend);
      watch.forget(backend);
    }
    for (const backend of [...diff.removed, ...diff.changed]) learn.forget(backend);
    for (const backend of diff.changed) follow(backend);
    meaning.followRegistry();
    log.info({ ...diff }, "registry applied");
  };
  return { gateway, apply };
}

/** A reload may remove a server while a call is under way: its end must still be told as it was. */
const sendMsOf = (spec: BackendSpec | undefined, tool: string): number =>
  callBudget(spec?.callTimeoutMs ?? Number.POSITIVE_INFINITY, spec?.tools.overrides.get(tool)?.timeoutMs, undefined).sendMs;
