import type { BackendSpec } from "../model/backend-spec.ts";
import { diffSnapshots, type RegistrySnapshot, type SnapshotDiff } from "../model/registry-snapshot.ts";
import type { BackendRunner } from "./backend-runner.ts";

/** All backends of the current snapshot, each under its runner. */
export class Fleet implements AsyncDisposable {
  readonly #makeRunner: (spec: BackendSpec) => BackendRunner;
  readonly #runners = new Map<string, BackendRunner>();
  /** Former runners of removed or changed backends, until they have drained. */
  readonly #leaving = new Set<Promise<void>>();
  #snapshot: RegistrySnapshot;

  constructor(snapshot: RegistrySnapshot, makeRunner: (spec: BackendSpec) => BackendRunner) {
    this.#makeRunner = makeRunner;
    this.#snapshot = { ...snapshot, backends: new Map() };
    this.apply(snapshot);
  }

  get snapshot(): RegistrySnapshot {
    return this.#snapshot;
  }

  get(backend: string): BackendRunner | undefined {
    return this.#runners.get(backend);
  }

  all(): readonly BackendRunner[] {
    return [...this.#runners.values()];
  }

  /** Swaps the snapshot in one step: untouched backends keep running, removed and changed ones drain on their own. */
  apply(snapshot: RegistrySnapshot): SnapshotDiff {
    const diff = diffSnapshots(this.#snapshot, snapshot);
    this.#snapshot = snapshot;
    for (const id of [...diff.removed, ...diff.changed]) this.#retire(id);
    for (const id of [...diff.added, ...diff.changed]) {
      const spec = snapshot.backends.get(id);
      if (spec) this.#runners.set(id, this.#makeRunner(spec));
    }
    return diff;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of [...this.#runners.keys()]) this.#retire(id);
    await Promise.all(this.#leaving);
  }

  #retire(id: string): void {
    const runner = this.#runners.get(id);
    if (!runner) return;
    this.#runners.delete(id);
    const gone = runner[Symbol.asyncDispose]().finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
  }
}
