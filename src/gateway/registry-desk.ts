import type { RegistryProblem, RegistrySnapshot } from "../model/registry-snapshot.ts";
import { USUAL_WATCHING } from "../model/watching.ts";
import type { RegistryStart } from "../registry/load-registry.ts";
import type { RegistryReading } from "../registry/parse-registry.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { RegistryView } from "./views.ts";

/** Knows which snapshot is in force, and what is wrong with the newest version of the file. */
export class RegistryDesk {
  readonly #file: string;
  readonly #log: Logger;
  #snapshot: RegistrySnapshot;
  #state: RegistryView["state"];
  #errors: readonly RegistryProblem[];

  constructor(file: string, start: RegistryStart, log: Logger) {
    this.#file = file;
    this.#log = log;
    this.#snapshot = start.kind === "refused" ? emptySnapshot(file) : start.snapshot;
    this.#state = start.kind === "loaded" ? "ok" : start.kind === "stale" ? "fallback" : "invalid";
    this.#errors = start.kind === "loaded" ? [] : start.problems;
    this.#tellErrors();
  }

  get snapshot(): RegistrySnapshot {
    return this.#snapshot;
  }

  get view(): RegistryView {
    return {
      file: this.#file,
      state: this.#state,
      servers: this.#snapshot.backends.size,
      errors: this.#errors,
      warnings: this.#snapshot.warnings,
    };
  }

  /** Takes in a new version of the file; gives back the snapshot to apply, if the version is valid. */
  take(reading: RegistryReading): RegistrySnapshot | undefined {
    if (reading.kind === "refused") {
      this.#errors = reading.problems;
      if (this.#state === "ok") this.#state = "stale";
      this.#tellErrors();
      return undefined;
    }
    this.#snapshot = reading.snapshot;
    this.#state = "ok";
    this.#errors = [];
    return reading.snapshot;
  }

  #tellErrors(): void {
    for (const { line, column, path, message } of this.#errors)
      this.#log.error({ file: this.#file, line, column, path }, message);
  }
}

const emptySnapshot = (file: string): RegistrySnapshot => ({
  file,
  backends: new Map(),
  settings: {
    ...USUAL_WATCHING,
    drainMs: 5_000,
    engine: undefined,
    rememberChoices: false,
    embeddings: undefined,
    chat: undefined,
  },
  warnings: [],
  digest: "",
});
