import { randomBytes } from "node:crypto";
import { GatewayError } from "../model/errors.ts";
import type { RegistrySnapshot } from "../model/registry-snapshot.ts";
import type { ContainerDeps } from "../runtime/container.ts";
import { type CollectionStep, ContainerOrphans } from "../runtime/container-orphans.ts";
import { EngineConnector } from "../runtime/engine-connector.ts";
import { FileLeaseBook } from "../state/leases.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "../time/clock.ts";

export type { CollectionStep } from "../runtime/container-orphans.ts";

const NOBODY: ReadonlySet<string> = new Set();

/** The container engine as `status` shows it. */
export interface EngineView {
  readonly name?: string;
  readonly version?: string;
  readonly socket?: string;
  /** Why this one was chosen. */
  readonly reason?: string;
  /** Why there is none. */
  readonly problem?: string;
}

export interface ContainerCareOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly runtimeDir: string;
  readonly engine: string | undefined;
  /** The snapshot in force when it is asked. */
  readonly snapshot: () => RegistrySnapshot;
}

/** What this gateway holds for all its containers: the engine, the leases, and the duty to clean up after the dead. */
export class ContainerCare implements AsyncDisposable {
  /** What the container driver needs. */
  readonly driverDeps: Omit<ContainerDeps, "clock">;
  readonly #options: ContainerCareOptions;
  readonly #engines: EngineConnector;
  readonly #orphans: ContainerOrphans;
  /** Not so for a command that only looks, such as `gc --dry-run`. */
  #tidies = false;

  constructor(options: ContainerCareOptions) {
    const { clock, runtimeDir, engine } = options;
    const gatewayNonce = randomBytes(6).toString("hex");
    const leases = new FileLeaseBook({ directory: runtimeDir, gatewayNonce, clock });
    this.#options = options;
    this.#engines = new EngineConnector({ clock, runtimeDir, preferred: engine });
    this.#orphans = new ContainerOrphans({ clock, engines: this.#engines, leases, runtimeDir });
    this.driverDeps = { engines: this.#engines, leases, runtimeDir, gatewayNonce };
  }

  /** The engine in use, why there is none, or undefined while nobody has needed one. */
  get engine(): EngineView | undefined {
    const { facts, problem } = this.#engines.state;
    if (facts) return { name: facts.name, version: facts.version, socket: facts.socketPath, reason: facts.reason };
    return problem === undefined ? undefined : { problem };
  }

  /**
   * Removes what dead gateways left, in the background of a start, and names the servers whose containers can be taken over;
   * an engine that is not there is no news then.
   */
  async sweep(): Promise<readonly string[]> {
    this.#tidies = true;
    if (!this.#hasContainers()) return [];
    try {
      const steps = await this.collect();
      const removed = steps.filter(({ verdict }) => verdict === "remove").map(({ container }) => container.name);
      if (removed.length > 0) this.#options.log.info({ removed }, "removed containers of gateways that are gone");
      return steps.filter(({ verdict }) => verdict === "adoptable").map(({ container }) => container.labels.server);
    } catch (error) {
      this.#options.log.info({ error: GatewayError.from(error).message }, "left-over containers not looked for");
      return [];
    }
  }

  /** What `collect` would do. */
  async plan(): Promise<readonly CollectionStep[]> {
    return await this.#orphans.planCollection(this.#wanted());
  }

  /** Removes every container of ours that no live gateway uses, except those the next call can take over. */
  async collect(): Promise<readonly CollectionStep[]> {
    return await this.#orphans.collect(this.#wanted());
  }

  /** Removes what no gateway uses any more, if it has swept at its start and an engine is at hand anyway. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#tidies && this.#engines.state.facts) await this.#orphans.collect(NOBODY).catch(() => undefined); // the next start looks again
    await this.#engines[Symbol.asyncDispose]();
  }

  #hasContainers(): boolean {
    return [...this.#options.snapshot().backends.values()].some(({ runtime, enabled }) => enabled && runtime === "container");
  }

  #wanted(): ReadonlySet<string> {
    return new Set([...this.#options.snapshot().backends.values()].map(({ digest }) => digest));
  }
}
