import type { Observer } from "../model/ports.ts";
import type { Logger } from "./logger.ts";

/** One line per call (level info) and per change of a backend; shapes and times, never arguments or results. */
export function createAccessLog(log: Logger): Observer {
  return {
    callFinished: ({ id, ref, ms, code, outcome, notes }) =>
      log.info(
        { call: id, server: ref.backend, tool: ref.tool, ms: Math.round(ms * 1_000) / 1_000, code, outcome, ...notes },
        "call",
      ),
    circuitChanged: (server, state) => log[state === "open" ? "warn" : "info"]({ server, state }, "circuit"),
    backendChanged: (server, state, detail) => log[state === "failed" ? "warn" : "info"]({ server, state, detail }, "backend"),
  };
}

/** Tells several observers the same; one that throws does not keep the others from hearing it. */
export function tellAll(observers: readonly Observer[], log: Logger): Observer {
  const each = (tell: (observer: Observer) => void): void => {
    for (const observer of observers) {
      try {
        tell(observer);
      } catch (error) {
        log.error({ error: String(error) }, "observer failed");
      }
    }
  };
  return {
    callFinished: (record) => each((observer) => observer.callFinished(record)),
    circuitChanged: (backend, state) => each((observer) => observer.circuitChanged(backend, state)),
    backendChanged: (backend, state, detail) => each((observer) => observer.backendChanged(backend, state, detail)),
  };
}
