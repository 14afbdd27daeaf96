import type { LeaseBook } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";
import { ContainerFileStore } from "./container-files.ts";
import { type ContainerLabels, managedLabels, readLabels, scopeOf, servingName } from "./container-labels.ts";
import { retire } from "./container-retire.ts";
import type { EngineConnector } from "./engine-connector.ts";
import type { ListedContainer } from "./engine-shapes.ts";

/** A container that a gateway of this scope made. */
export interface ManagedContainer {
  readonly id: string;
  readonly name: string;
  /** The engine's word: `running`, `paused`, `exited`, `created`, … */
  readonly state: string;
  readonly labels: ContainerLabels;
}

/** What is to become of one container, with the reason as a sentence for people. */
export interface CollectionStep {
  readonly container: ManagedContainer;
  readonly verdict: "in_use" | "adoptable" | "remove";
  readonly reason: string;
}

export interface OrphanDeps {
  readonly clock: Clock;
  readonly engines: EngineConnector;
  readonly leases: Pick<LeaseBook, "holders">;
  /** The same as the driver's. */
  readonly runtimeDir: string;
}

const GRACE_SEC = 1;
const LIVES = new Set(["running", "paused"]);

/** Finds by label what gateways of this scope have left behind; containers of others are not even listed. */
export class ContainerOrphans {
  readonly #deps: OrphanDeps;
  readonly #scope: string;
  readonly #files: ContainerFileStore;

  constructor(deps: OrphanDeps) {
    this.#deps = deps;
    this.#scope = scopeOf(deps.runtimeDir);
    this.#files = new ContainerFileStore(deps.runtimeDir);
  }

  async listManaged(): Promise<ManagedContainer[]> {
    const { api } = await this.#deps.engines.engine();
    return (await api.list(managedLabels(this.#scope))).flatMap(managed);
  }

  /**
   * Says what `collect` would do and does nothing. Shared containers whose entry is among the `wanted` digests are left for the
   * next call to adopt; with none wanted everything unused goes, which is right once they had their idle time and at exit.
   */
  async planCollection(wanted: ReadonlySet<string>): Promise<CollectionStep[]> {
    const containers = await this.listManaged();
    const names = new Set(containers.map(({ name }) => name));
    return Promise.all(containers.map((container) => this.#judge(container, wanted, names)));
  }

  /** Removes what no live gateway uses, and the files nobody mounts any more; gives back what was done. */
  async collect(wanted: ReadonlySet<string>): Promise<CollectionStep[]> {
    const steps = await this.planCollection(wanted);
    const done = await Promise.all(steps.map((step) => (step.verdict === "remove" ? this.#remove(step) : step)));
    const used = new Set(done.filter(({ verdict }) => verdict !== "remove").map(({ container }) => container.labels.files));
    const abandoned = await this.#files.abandoned(used, this.#deps.clock.wallTime());
    await Promise.all(abandoned.map((directory) => this.#files.remove(directory)));
    return done;
  }

  async #judge(container: ManagedContainer, wanted: ReadonlySet<string>, names: ReadonlySet<string>): Promise<CollectionStep> {
    const { labels, name, state } = container;
    const serving = servingName(labels);
    if (name !== serving && names.has(serving))
      return { container, verdict: "remove", reason: "a newer container has taken its place" };
    const holders = await this.#deps.leases.holders(serving);
    if (holders.length > 0)
      return { container, verdict: "in_use", reason: `used by gateway ${holders.map(({ pid }) => pid).join(", ")}` };
    if (!LIVES.has(state)) return { container, verdict: "remove", reason: `left behind, ${state}` };
    if (labels.transport === "stdio") return { container, verdict: "remove", reason: "its gateway is gone" };
    if (name === serving && wanted.has(labels.configHash))
      return { container, verdict: "adoptable", reason: "unused, the next call takes it over" };
    return { container, verdict: "remove", reason: "no gateway uses it" };
  }

  async #remove(step: CollectionStep): Promise<CollectionStep> {
    const { id, labels } = step.container;
    const { api } = await this.#deps.engines.engine();
    const gone = await retire({ id, labels, graceSec: GRACE_SEC }, { api, leases: this.#deps.leases, files: this.#files });
    return gone ? step : { ...step, verdict: "in_use", reason: "taken over meanwhile" };
  }
}

function managed({ Id, Labels, Names, State }: ListedContainer): ManagedContainer[] {
  const labels = readLabels(Labels);
  return labels ? [{ id: Id, name: Names[0]?.replace(/^\//, "") ?? "", state: State, labels }] : [];
}
