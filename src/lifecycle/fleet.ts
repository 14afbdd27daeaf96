import type { BackendSpec } from "../model/backend-spec.ts";
import { diffSnapshots, type RegistrySnapshot, type SnapshotDiff } from "../model/registry-snapshot.ts";
import type { Supervisor } from "./supervisor.ts";

/** All backends of the current snapshot, each under its supervisor. */
export class Fleet implements AsyncDisposable {
  readonly #makeSupervisor: (spec: BackendSpec) => Supervisor;
  readonly #supervisors = new Map<string, Supervisor>();
  /** Former supervisors of removed or changed backends, until they have drained. */
  readonly #leaving = new Set<Promise<void>>();
  #snapshot: RegistrySnapshot;

  constructor(snapshot: RegistrySnapshot, makeSupervisor: (spec: BackendSpec) => Supervisor) {
    this.#makeSupervisor = makeSupervisor;
    this.#snapshot = { ...snapshot, backends: new Map() };
    this.apply(snapshot);
  }

  get snapshot(): RegistrySnapshot {
    return this.#snapshot;
  }

  get(backend: string): Supervisor | undefined {
    return this.#supervisors.get(backend);
  }

  all(): readonly Supervisor[] {
    return [...this.#supervisors.values()];
  }

  /** Swaps the snapshot in one step: untouched backends keep running, removed and changed ones drain on their own. */
  apply(snapshot: RegistrySnapshot): SnapshotDiff {
    const diff = diffSnapshots(this.#snapshot, snapshot);
    this.#snapshot = snapshot;
    for (const id of [...diff.removed, ...diff.changed]) this.#retire(id);
    for (const id of [...diff.added, ...diff.changed]) {
      const spec = snapshot.backends.get(id);
      if (spec) this.#supervisors.set(id, this.#makeSupervisor(spec));
    }
    return diff;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of [...this.#supervisors.keys()]) this.#retire(id);
    await Promise.all(this.#leaving);
  }

  #retire(id: string): void {
    const supervisor = this.#supervisors.get(id);
    if (!supervisor) return;
    this.#supervisors.delete(id);
    const gone = supervisor[Symbol.asyncDispose]().finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
  }
}
