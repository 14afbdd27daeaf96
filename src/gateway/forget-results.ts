import type { ResultCache } from "../cache/result-cache.ts";
import type { Observer } from "../model/ports.ts";

/** What a workload has said dies with it: its successor may have another image and another memory. */
export const forgetResults = (results: ResultCache): Observer => ({
  callFinished: () => {},
  circuitChanged: () => {},
  backendChanged: (backend, state) => {
    if (state === "draining") results.invalidate(backend);
  },
});
