/** From where on a figure is worth a warning, and from where on it is critical; 0 for never. */
export interface Threshold {
  readonly warn: number;
  readonly critical: number;
}

/** When a person should hear of a server. */
export interface AlertRules {
  /** What 95 of 100 calls do not exceed, in ms. */
  readonly p95Ms: Threshold;
  /** Failed calls among a hundred. */
  readonly errorPercent: Threshold;
  /** How long a server may be down, in ms; 0 for ever. */
  readonly downMs: number;
  /** Fewer calls than this in the last minutes say nothing. */
  readonly minCalls: number;
}

/** Where the gateway shows its figures to programs. */
export interface MetricsSettings {
  /** Path of a Unix socket, or true for one in the gateway's own directory. */
  readonly socket: string | boolean;
  /** Port on 127.0.0.1, 0 for a free one; undefined for none. */
  readonly port: number | undefined;
}

/** How the gateway is watched. */
export interface Watching {
  readonly alerts: AlertRules;
  readonly metrics: MetricsSettings;
}

/** What holds where the registry says nothing. */
export const USUAL_WATCHING: Watching = {
  alerts: {
    p95Ms: { warn: 100, critical: 500 },
    errorPercent: { warn: 5, critical: 20 },
    downMs: 60_000,
    minCalls: 20,
  },
  metrics: { socket: false, port: undefined },
};
