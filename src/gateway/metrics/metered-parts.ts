import type { Fleet } from "../../lifecycle/fleet.ts";
import type { Alert } from "../../telemetry/alerts.ts";
import type { CallFigures } from "../../telemetry/call-figures.ts";
import type { Durations } from "../../telemetry/durations.ts";
import type { ProcessFigures } from "../../telemetry/process-figures.ts";
import type { TokensView } from "../../telemetry/token-figures.ts";
import type { Guards } from "../guards.ts";
import type { Router } from "../router.ts";

/** What there are figures of. */
export interface MeteredParts {
  readonly version: string;
  readonly fleet: Fleet;
  readonly router: Router;
  readonly guards: Guards;
  readonly figures: CallFigures;
  readonly searches: Durations;
  readonly alerts: readonly Alert[];
  readonly tokens: TokensView;
  readonly process: ProcessFigures;
}
