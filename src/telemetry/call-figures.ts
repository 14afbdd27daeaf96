import type { CallRecord, Observer } from "../model/ports.ts";
import { type BackendFigures, type BackendTimes, ServerFigures } from "./server-figures.ts";
import type { ToolFiguresView } from "./tool-figures.ts";

/** Stands for every server the registry does not name. */
export const UNKNOWN = "(unknown)";

/** Which names are real, so that made-up ones take no room. */
export interface KnownNames {
  server(id: string): boolean;
  /** False only for a tool its server is known not to have. */
  tool(backend: string, tool: string): boolean;
}

/** Keeps the figures of every server and tool, in bounded room; an Observer like any other. */
export class CallFigures implements Observer {
  readonly #known: KnownNames;
  readonly #servers = new Map<string, ServerFigures>();
  readonly #strangers = new ServerFigures(() => false);

  constructor(known: KnownNames) {
    this.#known = known;
  }

  callFinished(record: CallRecord): void {
    this.#of(record.ref.backend).callFinished(record);
  }

  backendChanged(backend: string, state: string, _detail?: string, startMs?: number): void {
    if (startMs !== undefined) this.#of(backend).startEnded(state === "running" ? "ok" : "error", startMs);
  }

  circuitChanged(backend: string, state: string): void {
    if (state !== "retired") this.#of(backend).circuitChanged(state);
  }

  figures(backend: string): BackendFigures {
    return this.#of(backend).view();
  }

  times(backend: string): BackendTimes {
    return this.#of(backend).times();
  }

  tools(backend: string): readonly ToolFiguresView[] {
    return this.#of(backend).tools();
  }

  /** Every server that has figures, and `(unknown)` if somebody asked for one that is not there. */
  all(): readonly (readonly [string, ServerFigures])[] {
    const strangers = this.#strangers.byTool.size > 0 ? [[UNKNOWN, this.#strangers] as const] : [];
    return [...this.#servers, ...strangers];
  }

  /** Drops what belongs to a server that has left the registry. */
  forget(backend: string): void {
    this.#servers.delete(backend);
  }

  #of(backend: string): ServerFigures {
    return this.#servers.get(backend) ?? this.#open(backend);
  }

  #open(backend: string): ServerFigures {
    if (!this.#known.server(backend)) return this.#strangers;
    const figures = new ServerFigures((tool) => this.#known.tool(backend, tool));
    this.#servers.set(backend, figures);
    return figures;
  }
}
