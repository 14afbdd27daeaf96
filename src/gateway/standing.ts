import type { BackendRunner } from "../lifecycle/backend-runner.ts";
import type { Standing } from "../telemetry/alerts.ts";
import type { Guards } from "./guards.ts";

/** Whether a server serves: not if it failed, or if its circuit has opened. One that is stopped would start for a call. */
export function standingOf(runner: BackendRunner | undefined, guards: Guards): Standing {
  if (!runner) return "gone";
  const { name } = runner.state;
  const { breaker } = guards.view(runner);
  if (name === "failed" || breaker === "open" || breaker === "half_open") return "down";
  return name === "starting" || name === "draining" ? "unclear" : "up";
}
