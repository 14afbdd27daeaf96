import type { CacheFiguresView } from "../cache/cache-figures.ts";
import type { ResultCache } from "../cache/result-cache.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { BackendRunner } from "../lifecycle/backend-runner.ts";
import type { Fleet } from "../lifecycle/fleet.ts";
import type { GatewaySettings, RegistryProblem } from "../model/registry-snapshot.ts";
import type { BackendFigures } from "../telemetry/server-figures.ts";
import type { Clock } from "../time/clock.ts";
import type { EngineView } from "./container-care.ts";
import type { Guards, GuardView } from "./guards.ts";
import type { HouseFigures, HouseWatch, ServerDetails } from "./house-watch.ts";
import type { MeaningView } from "./meaning/meaning-view.ts";
import type { RecallCatalog } from "./recall-catalog.ts";
import type { Router, ShownState } from "./router.ts";
import { type ReplicaView, type StateView, viewOfReplica, viewOfState } from "./state-view.ts";

/** One server as `list_servers` shows it. */
export interface ServerCard {
  readonly server: string;
  readonly state: ShownState;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  /** Undefined while its tools are unknown. */
  readonly tools: number | undefined;
  readonly transport: string;
  /** Variables to set before it can start. */
  readonly needs: readonly string[];
}

/** What the registry file looks like right now. */
export interface RegistryView {
  readonly file: string | undefined;
  readonly state: "ok" | "stale" | "fallback" | "invalid";
  readonly servers: number;
  /** What is wrong with the newest version of the file; the gateway goes on with an earlier one. */
  readonly errors: readonly RegistryProblem[];
  readonly warnings: readonly RegistryProblem[];
}

export interface GatewayStatus extends HouseFigures {
  readonly version: string;
  readonly uptimeMs: number;
  readonly registry: RegistryView;
  readonly settings: GatewaySettings;
  /** Undefined while no container was needed. */
  readonly engine: EngineView | undefined;
  /** What the cache was good for, all servers together; undefined while no call could have been cached. */
  readonly cache: CacheFiguresView | undefined;
  /** Search by meaning; undefined where the registry names no model for it. */
  readonly meaning: MeaningView | undefined;
  readonly servers: readonly (ServerCard & { readonly inFlight: number; readonly figures: BackendFigures })[];
}

export interface ServerStatus extends ServerCard, StateView, ServerDetails {
  readonly guard: GuardView;
  readonly inFlight: number;
  readonly figures: BackendFigures;
  readonly cache: CacheFiguresView | undefined;
  /** Undefined if there is only one; what the server itself shows is then the replica's that is nearest to serving. */
  readonly replicas: readonly ReplicaView[] | undefined;
  readonly quarantined: readonly { readonly name: string; readonly reason: string }[];
  /** When its tools were last read (ISO time), and from where. */
  readonly catalog: { readonly source: string; readonly seenAt: string | undefined } | undefined;
}

export interface ViewParts {
  readonly fleet: Fleet;
  readonly router: Router;
  readonly catalog: Catalog;
  readonly recall: RecallCatalog;
  readonly watch: HouseWatch;
  readonly meaning: { view(): MeaningView | undefined };
  readonly results: ResultCache;
  readonly clock: Clock;
  readonly guards: Guards;
  readonly containers: { readonly engine: EngineView | undefined };
}

/** Reads the house and shows it; changes nothing. */
export class Views {
  readonly #parts: ViewParts;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  async servers(): Promise<readonly ServerCard[]> {
    await this.#parts.recall.recall();
    return this.#parts.fleet.all().map((runner) => this.#card(runner));
  }

  async overview(version: string, startedAt: number, registry: RegistryView): Promise<GatewayStatus> {
    await this.#parts.recall.recall();
    const servers = this.#parts.fleet.all().map((runner) => {
      const { server, state, description, tags, tools, transport, needs } = this.#card(runner); // a spread would cost more than the rest
      const figures = this.#parts.watch.totals(server);
      return { server, state, description, tags, tools, transport, needs, inFlight: runner.inFlight, figures };
    });
    return {
      version,
      uptimeMs: this.#parts.clock.now() - startedAt,
      registry,
      settings: this.#parts.fleet.snapshot.settings,
      engine: this.#parts.containers.engine,
      ...(await this.#parts.watch.house()),
      cache: this.#parts.results.figures(),
      meaning: this.#parts.meaning.view(),
      servers,
    };
  }

  async server(id: string): Promise<ServerStatus> {
    await this.#parts.recall.recall();
    const runner = this.#parts.router.backend(id);
    const now = this.#parts.clock.now();
    const listing = this.#parts.catalog.get(id);
    return {
      ...this.#card(runner),
      guard: this.#parts.guards.view(runner),
      inFlight: runner.inFlight,
      figures: this.#parts.watch.totals(id),
      ...this.#parts.watch.details(runner),
      cache: this.#parts.results.figures(id),
      ...viewOfState(runner.state, now),
      replicas: runner.replicas?.map((standing, replica) => viewOfReplica(standing, replica, now)),
      quarantined: listing?.quarantined ?? [],
      catalog: listing && {
        source: listing.source,
        seenAt: listing.seenAt > 0 ? new Date(listing.seenAt).toISOString() : undefined,
      },
    };
  }

  #card({ spec }: BackendRunner): ServerCard {
    return {
      server: spec.id,
      state: this.#parts.router.stateOf(spec.id),
      description: spec.description,
      tags: spec.tags,
      tools: this.#parts.catalog.get(spec.id)?.tools.filter(({ ref }) => this.#parts.router.isAllowed(ref)).length,
      transport: spec.transport,
      needs: [...new Set(spec.missing.map(({ name }) => name))],
    };
  }
}
