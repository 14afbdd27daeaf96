import * as z from "zod/mini";
import { described } from "../model/described.ts";
import { type Threshold, USUAL_WATCHING, type Watching } from "../model/watching.ts";

const { alerts: usual } = USUAL_WATCHING;

const threshold = (what: string, { warn, critical }: Threshold) =>
  z.optional(
    described(
      z.object({
        warn: z.optional(
          described(z.number().check(z.minimum(0)), `From where on it is worth a warning; default ${warn}, 0 for never`),
        ),
        critical: z.optional(
          described(z.number().check(z.minimum(0)), `From where on it is critical; default ${critical}, 0 for never`),
        ),
      }),
      what,
    ),
  );

const alertsSchema = z.object({
  p95Ms: threshold("What 95 of 100 calls of a server do not exceed, in milliseconds", usual.p95Ms),
  errorPercent: threshold("Failed calls of a server among a hundred", usual.errorPercent),
  downMs: z.optional(
    described(z.int().check(z.minimum(0)), `How long a server may be down, in milliseconds; default ${usual.downMs}, 0 for ever`),
  ),
  minCalls: z.optional(
    described(z.int().check(z.minimum(1)), `Fewer calls than this in the last minutes raise no alert; default ${usual.minCalls}`),
  ),
});

const metricsSchema = z.object({
  socket: z.optional(
    described(
      z.union([z.boolean(), z.string().check(z.minLength(1))]),
      "A Unix socket: its path, or true for one in Sallyport's own directory",
    ),
  ),
  port: z.optional(described(z.int().check(z.minimum(0), z.maximum(65_535)), "A port on 127.0.0.1; 0 for a free one")),
});

/** The keys at the top of the file that say how the gateway is watched. */
export const watchingShape = {
  alerts: z.optional(described(alertsSchema, "When status and the log tell that a server is slow, fails or is down")),
  metrics: z.optional(
    described(metricsSchema, "Where the figures are shown, at /metrics for Prometheus; nowhere by default; read at the start"),
  ),
};

export interface WrittenWatching {
  readonly alerts?: z.infer<typeof alertsSchema> | undefined;
  readonly metrics?: z.infer<typeof metricsSchema> | undefined;
}

/** Fills in what is not written. */
export function watchingOf({ alerts, metrics }: WrittenWatching): Watching {
  const thresholdOf = (name: "p95Ms" | "errorPercent"): Threshold => ({
    warn: alerts?.[name]?.warn ?? usual[name].warn,
    critical: alerts?.[name]?.critical ?? usual[name].critical,
  });
  return {
    alerts: {
      p95Ms: thresholdOf("p95Ms"),
      errorPercent: thresholdOf("errorPercent"),
      downMs: alerts?.downMs ?? usual.downMs,
      minCalls: alerts?.minCalls ?? usual.minCalls,
    },
    metrics: { socket: metrics?.socket ?? false, port: metrics?.port },
  };
}
