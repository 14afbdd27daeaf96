import type { BackendSpec } from "../model/backend-spec.ts";
import type { BackendState, Running } from "../model/backend-state.ts";
import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { Connection, StartStage } from "../model/ports.ts";
import type { Signal } from "../model/signal.ts";
import { abandonOnAbort } from "../time/linked-signal.ts";
import type { BackendRunner, Held, StageListener, UseOptions } from "./backend-runner.ts";
import { Ending } from "./ending.ts";
import { Hold } from "./hold.ts";
import { IdleWatch } from "./idle-watch.ts";
import { close, type LaunchDeps, launch } from "./launch.ts";
import { Parking } from "./parking.ts";
import { StartBackoff } from "./start-backoff.ts";
import { cannotStart, startStopped, stoppedForGood } from "./start-errors.ts";
import { StateCell } from "./state-cell.ts";

/** What a supervisor tells its owner; it never throws back. */
export interface SupervisorEvents {
  stateChanged(backend: string, state: BackendState["name"], detail?: string): void;
  /** After every successful start, before the first call. */
  connected(backend: string, connection: Connection): void;
  /** A notification that belongs to no request, heard while the backend was running. */
  notified(backend: string, method: string, params: JsonObject, connection: Connection): void;
}

export interface SupervisorDeps extends LaunchDeps {
  readonly drainMs: number;
  readonly events: SupervisorEvents;
}

/** Owns one backend's workload and connection, and everything that starts or stops them. */
export class Supervisor implements BackendRunner {
  readonly #deps: SupervisorDeps;
  readonly #backoff = new StartBackoff();
  readonly #idle: IdleWatch;
  readonly #stageListeners = new Set<StageListener>();
  readonly #cell: StateCell;
  readonly #parking: Parking;
  readonly #ending: Ending;
  #retired = false;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#cell = new StateCell((state, detail) => deps.events.stateChanged(deps.spec.id, state, detail));
    this.#parking = new Parking(this.#cell);
    this.#ending = new Ending(deps, this.#cell, this.#backoff);
    this.#idle = new IdleWatch(deps.clock, [
      { afterMs: deps.spec.idlePauseMs, run: () => this.#parking.park() },
      { afterMs: deps.spec.idleStopMs, run: () => void this.stop() },
    ]);
  }

  get spec(): BackendSpec {
    return this.#deps.spec;
  }

  get state(): BackendState {
    return this.#cell.state;
  }

  get inFlight(): number {
    return this.#idle.holders;
  }

  async use<T>(signal: Signal, work: (running: Running) => Promise<T>, { onStage }: UseOptions = {}): Promise<T> {
    for (;;) {
      const running = this.#cell.state.name === "running" ? this.#cell.state.running : await this.#whenRunning(signal, onStage);
      if (this.#isCurrent(running)) {
        this.#idle.hold();
        try {
          return await work(running);
        } catch (reason) {
          const explained = this.#ending.explain(running, reason);
          throw explained === undefined ? reason : await explained;
        } finally {
          this.#idle.release();
        }
      }
    }
  }

  hold(): Held | undefined {
    const { state } = this.#cell;
    if (state.name !== "running") return undefined;
    return new Hold(state.running, this.#idle, this.#ending);
  }

  async start(signal: Signal, onStage?: StageListener): Promise<Running> {
    return await this.use(signal, (running) => Promise.resolve(running), { onStage });
  }

  async prepare(signal: Signal, onStage?: StageListener): Promise<void> {
    const { driver, spec, replica } = this.#deps;
    await driver.prepare?.({ spec, replica, signal, report: (stage, detail) => onStage?.(stage, detail) });
  }

  async stop(): Promise<void> {
    const state = this.#cell.state;
    switch (state.name) {
      case "stopped":
        return;
      case "failed":
        this.#cell.become({ name: "stopped" });
        return;
      case "draining":
        return await state.done;
      case "starting":
        state.abort.abort(startStopped(this.spec));
        await state.ready.catch(() => undefined);
        return await this.stop();
      case "running":
      case "paused": {
        const done = this.#drain(state.running, state.name === "paused" ? state.settled : undefined);
        this.#cell.become({ name: "draining", done, cause: "stop" });
        return await done;
      }
    }
  }

  reset(): void {
    this.#backoff.reset();
    if (this.#cell.state.name === "failed") this.#cell.become({ name: "stopped" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#retired = true;
    await this.stop();
    this.#idle[Symbol.dispose]();
  }

  async #whenRunning(signal: Signal, onStage: StageListener | undefined): Promise<Running> {
    if (onStage) this.#stageListeners.add(onStage);
    try {
      return await abandonOnAbort(this.#ensureRunning(), signal);
    } finally {
      if (onStage) this.#stageListeners.delete(onStage);
    }
  }

  async #ensureRunning(): Promise<Running> {
    const state = this.#cell.state;
    switch (state.name) {
      case "running":
        return state.running;
      case "starting":
        return await state.ready;
      case "paused":
        if (!(await this.#parking.unpark(state)) && this.#cell.state === state) await this.stop(); // and it is started anew
        return await this.#ensureRunning();
      case "draining":
        await state.done;
        return await this.#ensureRunning();
      case "failed": {
        const waitMs = Math.ceil(state.retryAt - this.#deps.clock.now());
        if (waitMs > 0) throw state.error.with({ retryAfterMs: waitMs });
        return await this.#start();
      }
      case "stopped":
        return await this.#start();
    }
  }

  #isCurrent(running: Running): boolean {
    return this.#cell.state.name === "running" && this.#cell.state.running === running;
  }

  #start(): Promise<Running> {
    if (this.#retired) throw stoppedForGood(this.spec);
    const abort = new AbortController();
    const ready = launch(this.#deps, abort.signal, {
      report: (stage, detail) => this.#report(stage, detail),
      onNotification: (method, params) => this.#notified(method, params),
    }).then(
      (running) => this.#becomeRunning(running),
      (reason: unknown) => {
        throw this.#becomeFailed(reason);
      },
    );
    ready.catch(() => undefined); // a start nobody waits for any more must not crash the process
    this.#cell.become({ name: "starting", ready, abort, since: this.#deps.clock.now() });
    return ready;
  }

  #becomeRunning(running: Running): Running {
    const { clock, events } = this.#deps;
    this.#backoff.startSucceeded();
    const since = clock.now();
    this.#cell.become({ name: "running", running, since });
    this.#ending.watch(running, since);
    this.#idle.touch();
    events.connected(this.spec.id, running.connection);
    return running;
  }

  #becomeFailed(reason: unknown): GatewayError {
    const error = cannotStart(this.spec, GatewayError.from(reason));
    if (error.code === "shutting_down") this.#cell.become({ name: "stopped" });
    else
      this.#cell.become({ name: "failed", error, retryAt: this.#deps.clock.now() + this.#backoff.startFailed() }, error.message);
    return error;
  }

  async #drain(running: Running, pausing: Promise<void> | undefined): Promise<void> {
    await this.#idle.whenFree(this.#deps.drainMs);
    if (pausing !== undefined) {
      await pausing;
      await running.workload.resume?.().catch(() => undefined); // one that is frozen cannot say goodbye
    }
    await close(running);
    this.#cell.become({ name: "stopped" });
  }

  /** What a backend says while it starts is not heard: its listing is read once it runs. */
  #notified(method: string, params: JsonObject): void {
    if (this.#cell.state.name !== "running") return;
    this.#deps.events.notified(this.spec.id, method, params, this.#cell.state.running.connection);
  }

  #report(stage: StartStage, detail?: string): void {
    for (const listener of this.#stageListeners) listener(stage, detail);
  }
}
