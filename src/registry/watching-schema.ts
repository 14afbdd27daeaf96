import { z } from "zod";
import { type Threshold, USUAL_WATCHING, type Watching } from "../model/watching.ts";

const { alerts: usual } = USUAL_WATCHING;

const threshold = (what: string, { warn, critical }: Threshold) =>
  z
    .object({
      warn: z.number().min(0).describe(`From where on it is worth a warning; default ${warn}, 0 for never`).optional(),
      critical: z.number().min(0).describe(`From where on it is critical; default ${critical}, 0 for never`).optional(),
    })
    .describe(what)
    .optional();

const alertsSchema = z.object({
  p95Ms: threshold("What 95 of 100 calls of a server do not exceed, in milliseconds", usual.p95Ms),
  errorPercent: threshold("Failed calls of a server among a hundred", usual.errorPercent),
  downMs: z
    .int()
    .min(0)
    .describe(`How long a server may be down, in milliseconds; default ${usual.downMs}, 0 for ever`)
    .optional(),
  minCalls: z
    .int()
    .min(1)
    .describe(`Fewer calls than this in the last minutes raise no alert; default ${usual.minCalls}`)
    .optional(),
});

const metricsSchema = z.object({
  socket: z
    .union([z.boolean(), z.string().min(1)])
    .describe("A Unix socket: its path, or true for one in Sallyport's own directory")
    .optional(),
  port: z.int().min(0).max(65_535).describe("A port on 127.0.0.1; 0 for a free one").optional(),
});

/** The keys at the top of the file that say how the gateway is watched. */
export const watchingShape = {
  alerts: alertsSchema.describe("When status and the log tell that a server is slow, fails or is down").optional(),
  metrics: metricsSchema
    .describe("Where the figures are shown, at /metrics for Prometheus; nowhere by default; read at the start")
    .optional(),
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
