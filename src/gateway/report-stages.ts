import type { ProgressUpdate } from "../model/call.ts";
import type { StartStage } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";

/** Stages are steps this small, so that a backend's own progress stays above them. */
const STEP = 0.001;
/** At most four a second. */
const LEAST_GAP_MS = 250;

/** Tells a host that asked for progress how far a start has come: `pull`, `create`, `start`, `ready`, `call`. */
export function reportStages(
  onProgress: ((update: ProgressUpdate) => void) | undefined,
  clock: Clock,
): ((stage: StartStage, detail?: string) => void) | undefined {
  if (!onProgress) return undefined;
  let step = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  return (stage, detail) => {
    if (clock.now() - lastAt < LEAST_GAP_MS) return; // the next stage says more anyway
    lastAt = clock.now();
    step += 1;
    onProgress({ progress: step * STEP, message: detail === undefined ? stage : `${stage}: ${detail}` });
  };
}
