import type { Durations } from "../telemetry/durations.ts";
import type { TokenFigures } from "../telemetry/token-figures.ts";
import type { Clock } from "../time/clock.ts";
import type { Discovery } from "./discovery.ts";

/** What a gateway asks a discovery. */
export type Discovering = Pick<Discovery, "discover" | "describe">;

export interface DiscoveryMeters {
  readonly searches: Durations;
  readonly tokens: TokenFigures;
  readonly clock: Clock;
}

/** Counts how long answers take and how much text they are; the answers stay as they are. */
export const meteredDiscovery = (discovery: Discovering, { searches, tokens, clock }: DiscoveryMeters): Discovering => ({
  async discover(query, signal) {
    const began = clock.now();
    const answer = await discovery.discover(query, signal);
    searches.record(clock.now() - began);
    tokens.exposed(JSON.stringify(answer.results).length);
    return answer;
  },
  async describe(addresses, signal) {
    const answer = await discovery.describe(addresses, signal);
    tokens.exposed(JSON.stringify(answer.tools).length);
    return answer;
  },
});
