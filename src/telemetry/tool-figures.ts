import type { CallRecord } from "../model/ports.ts";
import { Durations } from "./durations.ts";
import { Latency, type LatencyView } from "./latency.ts";
import { isAnswer } from "./outcomes.ts";

/** How a call was answered, as far as the cache is concerned; `bypass` are those it had no part in. */
export type CacheUse = "hit" | "miss" | "shared" | "stale" | "bypass";

/** How many calls there were, and how many of them went wrong. */
export interface CallCounts {
  readonly calls: number;
  readonly toolErrors: number;
  readonly failures: number;
  /** How often a call was sent once more. */
  readonly retries: number;
}

/** What one tool has been asked, and how it went. */
export interface ToolFiguresView extends CallCounts {
  readonly tool: string;
  readonly cacheHits: number;
  /** Of calls that were answered by a server that ran already; undefined where there are none. */
  readonly latency: LatencyView | undefined;
}

/** Calls that ended in the same way: how long they took their caller, and how long of that was spent in the backend. */
export interface Operations {
  readonly served: Durations;
  readonly inBackend: Durations;
}

/** Counts the calls of one tool. */
export class ToolFigures {
  readonly latency = new Latency();
  readonly cache: Record<CacheUse, number> = { hit: 0, miss: 0, shared: 0, stale: 0, bypass: 0 };
  readonly #byCode = new Map<CallRecord["code"], Operations>();
  readonly #ok = newOperations();
  retries = 0;

  record({ ms, code, notes }: CallRecord): void {
    const operations = code === "ok" ? this.#ok : this.#of(code);
    operations.served.record(ms);
    if (notes.backendMs !== undefined) operations.inBackend.record(notes.backendMs);
    if (notes.attempts !== undefined && notes.attempts > 1) this.retries += notes.attempts - 1;
    this.cache[notes.cache ?? "bypass"] += 1;
    if (notes.startMs === undefined && isAnswer(code)) this.latency.record(ms);
  }

  /** Calls by what became of them. */
  operations(): readonly (readonly [CallRecord["code"], Operations])[] {
    const all = [["ok", this.#ok] as const, ...this.#byCode];
    return all.filter(([, { served }]) => served.count > 0);
  }

  counts(): CallCounts {
    const counts = this.operations().map(([code, { served }]) => [code, served.count] as const);
    const sum = (which: (code: CallRecord["code"]) => boolean) =>
      counts.reduce((total, [code, count]) => total + (which(code) ? count : 0), 0);
    return {
      calls: sum(() => true),
      toolErrors: sum((code) => code === "tool_error"),
      failures: sum((code) => !isAnswer(code)),
      retries: this.retries,
    };
  }

  view(tool: string): ToolFiguresView {
    return { tool, ...this.counts(), cacheHits: this.cache.hit, latency: this.latency.view() };
  }

  #of(code: CallRecord["code"]): Operations {
    let operations = this.#byCode.get(code);
    if (!operations) {
      operations = newOperations();
      this.#byCode.set(code, operations);
    }
    return operations;
  }
}

const newOperations = (): Operations => ({ served: new Durations(), inBackend: new Durations() });
