import type { CallRecord, Observer } from "../model/ports.ts";
import type { Logger } from "./logger.ts";

/** One line per call (level info) and per change of a backend; shapes and times, never arguments or results. */
export function createAccessLog(log: Logger): Observer {
  return {
    callFinished: (record) => {
      if (log.hears?.("info") !== false) log.info(lineOf(record), "call");
    },
    circuitChanged: (server, state) => log[state === "open" ? "warn" : "info"]({ server, state }, "circuit"),
    backendChanged: (server, state, detail, startMs) =>
      log[state === "failed" ? "warn" : "info"]({ server, state, detail, startMs: startMs && rounded(startMs) }, "backend"),
  };
}

/** What a call is called in the log. */
export const callName = (id: number): string => `c${id}`;

const lineOf = ({ id, ref, ms, code, outcome, notes }: CallRecord) => ({
  call: callName(id),
  server: ref.backend,
  tool: ref.tool,
  ms: rounded(ms),
  code,
  outcome,
  ...notes,
});

const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

/** Tells several observers the same; one that throws does not keep the others from hearing it. */
export function tellAll(observers: readonly Observer[], log: Logger): Observer {
  const failed = (error: unknown) => log.error({ error: String(error) }, "observer failed");
  const each = (tell: (observer: Observer) => void): void => {
    for (const observer of observers) {
      try {
        tell(observer);
      } catch (error) {
        failed(error);
      }
    }
  };
  return {
    callFinished: (record) => {
      // as `each` does it, but once per call: without a function made for it
      for (const observer of observers) {
        try {
          observer.callFinished(record);
        } catch (error) {
          failed(error);
        }
      }
    },
    circuitChanged: (backend, state) => each((observer) => observer.circuitChanged(backend, state)),
    backendChanged: (backend, state, detail, startMs) =>
      each((observer) => observer.backendChanged(backend, state, detail, startMs)),
  };
}
