import type { Running } from "../model/backend-state.ts";
import { GatewayError } from "../model/errors.ts";
import { sleep } from "../time/clock.ts";
import { close, type LaunchDeps } from "./launch.ts";
import type { StartBackoff } from "./start-backoff.ts";
import { diedSoon, hasDied } from "./start-errors.ts";
import type { StateCell } from "./state-cell.ts";

/** A backend that lives shorter than this did not serve: its death counts against the next start. */
const GOOD_SERVICE_MS = 60_000;
const EXIT_TOLD_WITHIN_MS = 250;
const CLOSED = { reason: "closed the connection" };

/** Notices that a backend has ended by itself, says how, and clears away what is left of it. */
export class Ending {
  readonly #deps: Pick<LaunchDeps, "spec" | "clock">;
  readonly #cell: StateCell;
  readonly #backoff: StartBackoff;

  constructor(deps: Pick<LaunchDeps, "spec" | "clock">, cell: StateCell, backoff: StartBackoff) {
    this.#deps = deps;
    this.#cell = cell;
    this.#backoff = backoff;
  }

  watch(running: Running, since: number): void {
    void Promise.race([running.workload.exited, running.connection.closed]).then(() => this.#onGone(running, since));
  }

  /**
   * A lost conversation is often the first sign of a death: looking at once names its cause, and the next call starts anew.
   * Undefined for a failure that is none.
   */
  explain(running: Running, reason: unknown): Promise<GatewayError> | undefined {
    return reason instanceof GatewayError && reason.code === "unavailable" ? this.#look(running, reason) : undefined;
  }

  async #look(running: Running, lost: GatewayError): Promise<GatewayError> {
    const exit = await running.workload.checkExit?.();
    if (!exit) return lost;
    const { state } = this.#cell;
    if (state.name === "running") this.#onGone(running, state.since);
    return hasDied(this.#deps.spec, exit.reason, lost);
  }

  /** Whatever is left is closed before anyone may start it again. */
  #onGone(running: Running, since: number): void {
    if (this.#cell.running !== running) return;
    this.#cell.become({ name: "draining", done: this.#bury(running, this.#deps.clock.now() - since), cause: "died" });
  }

  async #bury(running: Running, livedMs: number): Promise<void> {
    const { clock, spec } = this.#deps;
    const waitMs = livedMs < GOOD_SERVICE_MS ? this.#backoff.diedSoon() : 0;
    if (livedMs >= GOOD_SERVICE_MS) this.#backoff.reset();
    const reason = await this.#howItEnded(running);
    const error = diedSoon(spec, running.workload, reason, livedMs);
    await close(running);
    if (waitMs === 0) this.#cell.become({ name: "stopped" }, reason);
    else this.#cell.become({ name: "failed", error, retryAt: clock.now() + waitMs }, reason);
  }

  /** A child's pipes close before its exit is told: the exit says more, so it is given a moment. */
  async #howItEnded({ workload }: Running): Promise<string> {
    const enough = new AbortController();
    const patience = sleep(this.#deps.clock, EXIT_TOLD_WITHIN_MS, enough.signal).then(() => CLOSED);
    patience.catch(() => undefined); // the abort just below
    const { reason } = (await workload.checkExit?.()) ?? (await Promise.race([workload.exited, patience]));
    enough.abort();
    return reason;
  }
}
