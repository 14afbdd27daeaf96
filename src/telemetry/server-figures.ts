import type { CallRecord } from "../model/ports.ts";
import { Durations } from "./durations.ts";
import { Latency, type LatencyView } from "./latency.ts";
import { isAnswer } from "./outcomes.ts";
import { type CallCounts, ToolFigures, type ToolFiguresView } from "./tool-figures.ts";

/** Tools of one server that have figures of their own. */
export const MOST_TOOLS = 64;
/** Stands for all other tools of a server. */
export const OTHER = "other";
/** A longer name would make a label nobody can read. */
const LONGEST_NAME = 128;

/** What one backend has done since the gateway started. */
export interface BackendFigures extends CallCounts {
  readonly lastFailure: string | undefined;
  readonly starts: number;
  readonly failedStarts: number;
  /** How often its circuit has opened. */
  readonly trips: number;
  /** Of answered calls that found it running; undefined where there are none. */
  readonly latency: LatencyView | undefined;
}

/** Where the time went, for one backend; each undefined where there is nothing to show. */
export interface BackendTimes {
  /** How long the backend took for calls that found it running. */
  readonly inServer: LatencyView | undefined;
  /** What such calls took beside that, waiting in queues included. */
  readonly ours: LatencyView | undefined;
  readonly queueWait: LatencyView | undefined;
  readonly starts: LatencyView | undefined;
  /** Calls that had to wait for a start, from their beginning to their end. */
  readonly firstCalls: LatencyView | undefined;
}

/** Counts what one backend does. */
export class ServerFigures {
  readonly queueWait = new Durations();
  /** Calls that had to wait for a start. */
  readonly firstCalls = new Durations();
  /** Starts by their outcome. */
  readonly starts = { ok: new Durations(), error: new Durations() };
  /** Changes of the circuit by the state they led to. */
  readonly transitions = new Map<string, number>();
  readonly #tools = new Map<string, ToolFigures>();
  readonly #offers: (tool: string) => boolean;
  readonly #times = {
    inServer: new Latency(),
    ours: new Latency(),
    queueWait: new Latency(),
    starts: new Latency(),
    firstCalls: new Latency(),
  };
  #lastFailure: string | undefined;

  /** `offers` tells whether the server may have a tool of that name: names that callers make up get no figures of their own. */
  constructor(offers: (tool: string) => boolean) {
    this.#offers = offers;
  }

  callFinished(record: CallRecord): void {
    const { ref, ms, code, notes } = record;
    const tool = this.#tools.get(ref.tool) ?? this.#open(ref.tool);
    tool.record(record);
    if (notes.queuedMs !== undefined) {
      this.queueWait.record(notes.queuedMs);
      this.#times.queueWait.record(notes.queuedMs);
    }
    if (!isAnswer(code)) this.#lastFailure = code;
    else if (notes.startMs !== undefined) {
      this.firstCalls.record(ms);
      this.#times.firstCalls.record(ms);
    } else {
      if (notes.backendMs !== undefined) this.#times.inServer.record(notes.backendMs);
      this.#times.ours.record(ms - (notes.backendMs ?? 0));
    }
  }

  startEnded(outcome: "ok" | "error", ms: number): void {
    this.starts[outcome].record(ms);
    if (outcome === "ok") this.#times.starts.record(ms);
  }

  circuitChanged(state: string): void {
    this.transitions.set(state, (this.transitions.get(state) ?? 0) + 1);
  }

  view(): BackendFigures {
    const tools = [...this.#tools.values()];
    const counts = tools.map((tool) => tool.counts());
    const sum = (name: keyof CallCounts) => counts.reduce((total, tool) => total + tool[name], 0);
    return {
      calls: sum("calls"),
      toolErrors: sum("toolErrors"),
      failures: sum("failures"),
      lastFailure: this.#lastFailure,
      retries: sum("retries"),
      starts: this.starts.ok.count,
      failedStarts: this.starts.error.count,
      trips: this.transitions.get("open") ?? 0,
      latency: Latency.view(tools.map(({ latency }) => latency)),
    };
  }

  times(): BackendTimes {
    const { inServer, ours, queueWait, starts, firstCalls } = this.#times;
    return {
      inServer: inServer.view(),
      ours: ours.view(),
      queueWait: queueWait.view(),
      starts: starts.view(),
      firstCalls: firstCalls.view(),
    };
  }

  /** Its tools, the most called first. */
  tools(): readonly ToolFiguresView[] {
    return [...this.#tools].map(([tool, figures]) => figures.view(tool)).sort((a, b) => b.calls - a.calls);
  }

  get byTool(): ReadonlyMap<string, ToolFigures> {
    return this.#tools;
  }

  #open(name: string): ToolFigures {
    const own = this.#tools.size < MOST_TOOLS && name.length <= LONGEST_NAME && this.#offers(name);
    const key = own ? name : OTHER;
    const figures = this.#tools.get(key) ?? new ToolFigures();
    this.#tools.set(key, figures);
    return figures;
  }
}
