import type { CallRecord, Observer } from "../model/ports.ts";

/** What one backend has done since the gateway started. */
export interface BackendFigures {
  readonly calls: number;
  readonly toolErrors: number;
  readonly failures: number;
  readonly starts: number;
  /** How often its circuit has opened. */
  readonly trips: number;
  readonly lastFailure: string | undefined;
}

interface Counters {
  calls: number;
  toolErrors: number;
  failures: number;
  starts: number;
  trips: number;
  lastFailure: string | undefined;
}

/** Keeps the figures that `status` shows; an Observer like any other. */
export class StatusBoard implements Observer {
  readonly #figures = new Map<string, Counters>();

  callFinished(record: CallRecord): void {
    const figures = this.#of(record.ref.backend);
    figures.calls += 1;
    if (record.code === "tool_error") figures.toolErrors += 1;
    else if (record.code !== "ok") {
      figures.failures += 1;
      figures.lastFailure = record.code;
    }
  }

  backendChanged(backend: string, state: string): void {
    if (state === "running") this.#of(backend).starts += 1;
  }

  circuitChanged(backend: string, state: string): void {
    if (state === "open") this.#of(backend).trips += 1;
  }

  figures(backend: string): BackendFigures {
    return { ...this.#of(backend) };
  }

  #of(backend: string): Counters {
    let figures = this.#figures.get(backend);
    if (!figures) {
      figures = { calls: 0, toolErrors: 0, failures: 0, starts: 0, trips: 0, lastFailure: undefined };
      this.#figures.set(backend, figures);
    }
    return figures;
  }
}
