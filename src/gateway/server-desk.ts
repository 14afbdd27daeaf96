import type { ResultCache } from "../cache/result-cache.ts";
import type { Fleet } from "../lifecycle/fleet.ts";
import type { Clock } from "../time/clock.ts";
import type { Caller } from "./caller.ts";
import type { ContainerCare } from "./container-care.ts";
import type { Guards } from "./guards.ts";
import type { Intake } from "./intake.ts";
import type { LearnTools } from "./learn-tools.ts";
import type { RefreshCatalog } from "./refresh-catalog.ts";
import { reportStages } from "./report-stages.ts";
import type { Router } from "./router.ts";
import { isUsable } from "./usable.ts";

export type ManageAction = "start" | "stop" | "restart" | "refresh" | "reset" | "flush";

export interface ServerDeskParts {
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly router: Router;
  readonly learn: LearnTools;
  readonly refresh: RefreshCatalog;
  readonly guards: Guards;
  readonly results: ResultCache;
  readonly intake: Intake;
  readonly containers: ContainerCare;
}

/** Starts and stops servers without a call: on somebody's word, or since the registry wants them warm. */
export class ServerDesk {
  readonly #parts: ServerDeskParts;

  constructor(parts: ServerDeskParts) {
    this.#parts = parts;
  }

  /** Starts, stops or refreshes one server on a person's or model's word. */
  async manage(action: ManageAction, backend: string, caller: Caller): Promise<void> {
    const runner =
      action === "stop" || action === "flush" ? this.#parts.router.backend(backend) : this.#parts.router.usable(backend);
    if (action === "stop") await this.#parts.intake.shutFor(backend, () => runner.stop());
    if (action === "restart") await runner.stop(); // calls that come meanwhile wait for it
    if (action === "reset" || action === "restart" || action === "start") {
      runner.reset();
      this.#parts.guards.of(runner).breaker.reset();
    }
    if (action === "flush") this.#parts.results.invalidate(backend);
    if (action === "refresh") this.#parts.refresh.invalidate(backend);
    if (action === "start" || action === "restart" || action === "refresh") {
      this.#parts.intake.assertOpen(backend);
      const onStage = reportStages(caller.onProgress, this.#parts.clock);
      if (action === "start") await runner.prepare(caller.signal, onStage);
      await runner.start(caller.signal, onStage);
      await this.#parts.learn.learn(backend, caller.signal);
    }
  }

  /** Fetches what a server needs to start, such as its image. */
  async prepare(backend: string, caller: Caller): Promise<void> {
    await this.#parts.router.usable(backend).prepare(caller.signal, reportStages(caller.onProgress, this.#parts.clock));
  }

  /**
   * Clears away, in the background, the containers of gateways that died, and takes over those the registry still wants:
   * from now on they count as idle here, and stop in their time.
   */
  inherit(): void {
    void this.#parts.containers.sweep().then((servers) => {
      for (const server of servers) this.#learnInBackground(server);
    });
  }

  /** Starts the servers the registry wants warm, in the background. */
  warmUp(): void {
    for (const { spec } of this.#parts.fleet.all()) {
      if (spec.warm && isUsable(spec)) this.#learnInBackground(spec.id);
    }
  }

  #learnInBackground(backend: string): void {
    if (this.#parts.intake.closed) return;
    void this.#parts.learn.learn(backend, new AbortController().signal).catch(() => undefined); // its failure shows in status
  }
}
