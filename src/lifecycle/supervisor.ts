import type { BackendSpec } from "../model/backend-spec.ts";
import type { BackendState, Running } from "../model/backend-state.ts";
import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { Connection, StartStage } from "../model/ports.ts";
import type { Signal } from "../model/signal.ts";
import { sleep } from "../time/clock.ts";
import { abandonOnAbort } from "../time/linked-signal.ts";
import type { BackendRunner, StageListener, UseOptions } from "./backend-runner.ts";
import { IdleWatch } from "./idle-watch.ts";
import { close, type LaunchDeps, launch } from "./launch.ts";
import { StartBackoff } from "./start-backoff.ts";
import { cannotStart, diedSoon, hasDied, startStopped, stoppedForGood } from "./start-errors.ts";

/** A backend that lives shorter than this did not serve: its death counts against the next start. */
const GOOD_SERVICE_MS = 60_000;
const EXIT_TOLD_WITHIN_MS = 250;
const CLOSED = { reason: "closed the connection" };

type Paused = Extract<BackendState, { name: "paused" }>;

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
  #state: BackendState = { name: "stopped" };
  #resuming: Promise<boolean> | undefined;
  #retired = false;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#idle = new IdleWatch(deps.clock, [
      { afterMs: deps.spec.idlePauseMs, run: () => this.#park() },
      { afterMs: deps.spec.idleStopMs, run: () => void this.stop() },
    ]);
  }

  get spec(): BackendSpec {
    return this.#deps.spec;
  }

  get state(): BackendState {
    return this.#state;
  }

  get inFlight(): number {
    return this.#idle.holders;
  }

  async use<T>(signal: Signal, work: (running: Running) => Promise<T>, { onStage }: UseOptions = {}): Promise<T> {
    for (;;) {
      const running = this.#state.name === "running" ? this.#state.running : await this.#whenRunning(signal, onStage);
      if (this.#isCurrent(running)) {
        this.#idle.hold();
        try {
          return await work(running);
        } catch (reason) {
          throw await this.#explained(running, reason);
        } finally {
          this.#idle.release();
        }
      }
    }
  }

  async start(signal: Signal, onStage?: StageListener): Promise<Running> {
    return await this.use(signal, (running) => Promise.resolve(running), { onStage });
  }

  async prepare(signal: Signal, onStage?: StageListener): Promise<void> {
    const { driver, spec, replica } = this.#deps;
    await driver.prepare?.({ spec, replica, signal, report: (stage, detail) => onStage?.(stage, detail) });
  }

  async stop(): Promise<void> {
    const state = this.#state;
    switch (state.name) {
      case "stopped":
        return;
      case "failed":
        this.#become({ name: "stopped" });
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
        this.#become({ name: "draining", done, cause: "stop" });
        return await done;
      }
    }
  }

  reset(): void {
    this.#backoff.reset();
    if (this.#state.name === "failed") this.#become({ name: "stopped" });
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
    const state = this.#state;
    switch (state.name) {
      case "running":
        return state.running;
      case "starting":
        return await state.ready;
      case "paused":
        await this.#unpark(state);
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
    return this.#state.name === "running" && this.#state.running === running;
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
    this.#become({ name: "starting", ready, abort, since: this.#deps.clock.now() });
    return ready;
  }

  #becomeRunning(running: Running): Running {
    const { clock, events } = this.#deps;
    this.#backoff.startSucceeded();
    const since = clock.now();
    this.#become({ name: "running", running, since });
    void Promise.race([running.workload.exited, running.connection.closed]).then(() => this.#onGone(running, since));
    this.#idle.touch();
    events.connected(this.spec.id, running.connection);
    return running;
  }

  /** The backend ended by itself: close what is left of it before anyone may start it again. */
  #onGone(running: Running, since: number): void {
    if ((this.#state.name !== "running" && this.#state.name !== "paused") || this.#state.running !== running) return;
    this.#become({ name: "draining", done: this.#bury(running, this.#deps.clock.now() - since), cause: "died" });
  }

  async #bury(running: Running, livedMs: number): Promise<void> {
    const waitMs = livedMs < GOOD_SERVICE_MS ? this.#backoff.diedSoon() : 0;
    if (livedMs >= GOOD_SERVICE_MS) this.#backoff.reset();
    const reason = await this.#howItEnded(running);
    const error = diedSoon(this.spec, running.workload, reason, livedMs);
    await close(running);
    if (waitMs === 0) this.#become({ name: "stopped" }, reason);
    else this.#become({ name: "failed", error, retryAt: this.#deps.clock.now() + waitMs }, reason);
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

  /** A lost conversation is often the first sign of a death: looking at once names its cause, and the next call starts anew. */
  async #explained(running: Running, reason: unknown): Promise<unknown> {
    if (!(reason instanceof GatewayError) || reason.code !== "unavailable") return reason;
    const exit = await running.workload.checkExit?.();
    if (!exit) return reason;
    if (this.#state.name === "running") this.#onGone(running, this.#state.since);
    return hasDied(this.spec, exit.reason, reason);
  }

  #becomeFailed(reason: unknown): GatewayError {
    const error = cannotStart(this.spec, GatewayError.from(reason));
    if (error.code === "shutting_down") this.#become({ name: "stopped" });
    else this.#become({ name: "failed", error, retryAt: this.#deps.clock.now() + this.#backoff.startFailed() }, error.message);
    return error;
  }

  async #drain(running: Running, pausing: Promise<void> | undefined): Promise<void> {
    await this.#idle.whenFree(this.#deps.drainMs);
    if (pausing !== undefined) {
      await pausing;
      await running.workload.resume?.().catch(() => undefined); // one that is frozen cannot say goodbye
    }
    await close(running);
    this.#become({ name: "stopped" });
  }

  /** First stage of idleness: freezes the workload where its runtime can, so that it answers again within milliseconds. */
  #park(): void {
    const state = this.#state;
    if (state.name !== "running" || !state.running.workload.pause) return;
    const { running, since } = state;
    const settled = state.running.workload.pause().then(
      (done) => {
        if (!done) this.#leave(paused);
      },
      () => this.#leave(paused), // an engine that cannot pause leaves it running
    );
    const paused: Paused = { name: "paused", running, since, settled };
    this.#become(paused);
  }

  /** It goes on as if nobody had paused it, unless it has been stopped or has died meanwhile. */
  #leave(paused: Paused): void {
    if (this.#state !== paused) return;
    this.#become({ name: "running", running: paused.running, since: paused.since });
  }

  /** Thaws the workload once for all who wait; one that cannot be thawed is stopped, so that the caller starts it anew. */
  async #unpark(paused: Paused): Promise<void> {
    this.#resuming ??= this.#resume(paused).finally(() => {
      this.#resuming = undefined;
    });
    if (await this.#resuming) this.#leave(paused);
    else if (this.#state === paused) await this.stop();
  }

  async #resume({ running, settled }: Paused): Promise<boolean> {
    await settled;
    if (this.#state.name === "running") return true;
    try {
      await running.workload.resume?.();
      return true;
    } catch {
      return false;
    }
  }

  /** What a backend says while it starts is not heard: its listing is read once it runs. */
  #notified(method: string, params: JsonObject): void {
    if (this.#state.name !== "running") return;
    this.#deps.events.notified(this.spec.id, method, params, this.#state.running.connection);
  }

  #report(stage: StartStage, detail?: string): void {
    for (const listener of this.#stageListeners) listener(stage, detail);
  }

  #become(state: BackendState, detail?: string): void {
    this.#state = state;
    this.#deps.events.stateChanged(this.spec.id, state.name, detail);
  }
}
