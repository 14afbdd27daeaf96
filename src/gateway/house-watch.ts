import type { Catalog } from "../catalog/catalog.ts";
import type { BackendRunner } from "../lifecycle/backend-runner.ts";
import type { Fleet } from "../lifecycle/fleet.ts";
import type { Observer } from "../model/ports.ts";
import { type Alert, Alerts } from "../telemetry/alerts.ts";
import { CallFigures } from "../telemetry/call-figures.ts";
import { Durations } from "../telemetry/durations.ts";
import type { Logger } from "../telemetry/logger.ts";
import { type LoopDelay, LoopWatch } from "../telemetry/loop-watch.ts";
import { ProcessFigures } from "../telemetry/process-figures.ts";
import type { BackendFigures, BackendTimes } from "../telemetry/server-figures.ts";
import { TokenFigures, type TokensView } from "../telemetry/token-figures.ts";
import type { ToolFiguresView } from "../telemetry/tool-figures.ts";
import type { Clock } from "../time/clock.ts";
import type { Guards } from "./guards.ts";
import { knownNames } from "./known-names.ts";
import { type Discovering, meteredDiscovery } from "./metered-discovery.ts";
import { exposition } from "./metrics/exposition.ts";
import { OfferedText } from "./offered-text.ts";
import { type MetricsPlace, OpsDesk } from "./ops-desk.ts";
import type { Router } from "./router.ts";
import { standingOf } from "./standing.ts";
import { type TrafficView, viewOfTraffic } from "./state-view.ts";

/** How the gateway itself is. */
export interface HouseFigures {
  /** Undefined while no call has ended. */
  readonly loopDelay: LoopDelay | undefined;
  readonly rssBytes: number;
  readonly tokens: TokensView;
  /** What a person should know, the worst first. */
  readonly alerts: readonly Alert[];
  /** Where programs can read the figures. */
  readonly metrics: readonly MetricsPlace[];
}

/** What was counted of one server, beside its totals. */
export interface ServerDetails {
  readonly times: BackendTimes;
  /** The most called first. */
  readonly byTool: readonly ToolFiguresView[];
  readonly alerts: readonly Alert[];
  readonly traffic: TrafficView | undefined;
}

/** The rooms that are watched. */
export interface Watched {
  readonly fleet: Fleet;
  readonly router: Router;
  readonly guards: Guards;
  readonly catalog: Catalog;
}

export interface HouseWatchDeps {
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly socketDir: string;
  /** Asked when there is something to look at: the watch hears of calls before all rooms are there. */
  readonly watched: () => Watched;
}

/** Everything that counts, measures and judges what the house does, and shows it. */
export class HouseWatch implements Disposable {
  /** Who has to hear of calls and changes. */
  readonly observers: readonly Observer[];
  readonly ops: OpsDesk;
  readonly #deps: HouseWatchDeps;
  readonly #figures: CallFigures;
  readonly #alerts: Alerts;
  readonly #loop: LoopWatch;
  readonly #process: ProcessFigures;
  readonly #offered: OfferedText;
  readonly #shown = new TokenFigures();
  readonly #searches = new Durations();

  constructor(deps: HouseWatchDeps) {
    const { clock, log, socketDir, watched } = deps;
    const settings = () => watched().fleet.snapshot.settings;
    const standing = (backend: string) => standingOf(watched().fleet.get(backend), watched().guards);
    this.#deps = deps;
    this.#figures = new CallFigures(knownNames(watched));
    this.#alerts = new Alerts({ clock, log, rules: () => settings().alerts, standing });
    this.#loop = new LoopWatch(log);
    this.#process = new ProcessFigures(this.#loop, clock);
    this.#offered = new OfferedText(watched);
    this.observers = [this.#figures, this.#alerts, this.#loop];
    const metrics = () => this.#exposition();
    this.ops = new OpsDesk({ log, tokens: this.#shown, socketDir, settings: () => settings().metrics, metrics });
  }

  /** The same discovery, with its answers counted. */
  metered(discovery: Discovering): Discovering {
    return meteredDiscovery(discovery, { searches: this.#searches, tokens: this.#shown, clock: this.#deps.clock });
  }

  async house(): Promise<HouseFigures> {
    const { loopDelay, rssBytes } = this.#process;
    return { loopDelay, rssBytes, tokens: await this.#tokens(), alerts: this.#alerts.current(), metrics: this.ops.places };
  }

  totals(backend: string): BackendFigures {
    return this.#figures.figures(backend);
  }

  details(runner: BackendRunner): ServerDetails {
    const { id } = runner.spec;
    return {
      times: this.#figures.times(id),
      byTool: this.#figures.tools(id),
      alerts: this.#alerts.current().filter(({ server }) => server === id),
      traffic: viewOfTraffic(runner),
    };
  }

  /** Looks anew at a server whose entry has changed: what was wrong with the old one is over. */
  renew(backend: string): void {
    this.#alerts.backendChanged(backend);
  }

  /** Drops what belongs to a server that has left the registry. */
  forget(backend: string): void {
    this.#figures.forget(backend);
    this.#alerts.forget(backend);
  }

  [Symbol.dispose](): void {
    this.#alerts[Symbol.dispose]();
    this.#loop[Symbol.dispose]();
  }

  async #tokens(): Promise<TokensView> {
    return this.#shown.view(await this.#offered.chars());
  }

  async #exposition(): Promise<string> {
    return exposition({
      ...this.#deps.watched(),
      version: this.#deps.version,
      figures: this.#figures,
      searches: this.#searches,
      alerts: this.#alerts.current(),
      tokens: await this.#tokens(),
      process: this.#process,
    });
  }
}
