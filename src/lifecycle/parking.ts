import type { BackendState } from "../model/backend-state.ts";
import type { StateCell } from "./state-cell.ts";

type Paused = Extract<BackendState, { name: "paused" }>;

/** First stage of idleness: a workload is frozen where its runtime can, so that it answers again within milliseconds. */
export class Parking {
  readonly #cell: StateCell;
  #resuming: Promise<boolean> | undefined;

  constructor(cell: StateCell) {
    this.#cell = cell;
  }

  park(): void {
    const { state } = this.#cell;
    if (state.name !== "running" || !state.running.workload.pause) return;
    const { running, since } = state;
    const settled = state.running.workload.pause().then(
      (done) => {
        if (!done) this.#leave(paused);
      },
      () => this.#leave(paused), // an engine that cannot pause leaves it running
    );
    const paused: Paused = { name: "paused", running, since, settled };
    this.#cell.become(paused);
  }

  /** Thaws the workload once for all who wait; false for one that cannot be thawed. */
  async unpark(paused: Paused): Promise<boolean> {
    this.#resuming ??= this.#resume(paused).finally(() => {
      this.#resuming = undefined;
    });
    const isThawed = await this.#resuming;
    if (isThawed) this.#leave(paused);
    return isThawed;
  }

  /** It goes on as if nobody had paused it, unless it has been stopped or has died meanwhile. */
  #leave(paused: Paused): void {
    if (this.#cell.state !== paused) return;
    this.#cell.become({ name: "running", running: paused.running, since: paused.since });
  }

  async #resume({ running, settled }: Paused): Promise<boolean> {
    await settled;
    if (this.#cell.state.name === "running") return true;
    try {
      await running.workload.resume?.();
      return true;
    } catch {
      return false;
    }
  }
}
