import { z } from "zod";

export const Version = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  Components: z.array(z.object({ Name: z.string() })).default([]),
});
const Binding = z.object({ HostIp: z.string(), HostPort: z.string() });
export const Container = z.object({
  Id: z.string(),
  Image: z.string(),
  State: z.object({ Status: z.string(), ExitCode: z.number().default(0), OOMKilled: z.boolean().default(false) }),
  Config: z.object({
    Labels: z.record(z.string(), z.string()).nullish(),
    Healthcheck: z.object({ Test: z.array(z.string()).nullish() }).nullish(),
  }),
  NetworkSettings: z.object({ Ports: z.record(z.string(), z.array(Binding).nullable()).nullish() }),
});
export const Listed = z.object({
  Id: z.string(),
  Names: z.array(z.string()),
  State: z.string(),
  Created: z.number(),
  Labels: z.record(z.string(), z.string()).nullish(),
});

export type EngineVersion = z.infer<typeof Version>;
/** What the house reads of an inspected container; Docker's field names. */
export type InspectedContainer = z.infer<typeof Container>;
/** One container of a list; names start with a slash, `Created` is in seconds since 1970. */
export type ListedContainer = z.infer<typeof Listed>;

/** An answer of which only the id matters. */
export const Identified = z.object({ Id: z.string() });
/** How a command run inside a container ended. */
export const Executed = z.object({ ExitCode: z.number().nullable() });
