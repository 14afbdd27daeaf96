import * as z from "zod/mini";

export const Version = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  Components: z._default(z.array(z.object({ Name: z.string() })), []),
});
const Binding = z.object({ HostIp: z.string(), HostPort: z.string() });
export const Container = z.object({
  Id: z.string(),
  Image: z.string(),
  State: z.object({ Status: z.string(), ExitCode: z._default(z.number(), 0), OOMKilled: z._default(z.boolean(), false) }),
  Config: z.object({
    Labels: z.nullish(z.record(z.string(), z.string())),
    Healthcheck: z.nullish(z.object({ Test: z.nullish(z.array(z.string())) })),
  }),
  NetworkSettings: z.object({ Ports: z.nullish(z.record(z.string(), z.nullable(z.array(Binding)))) }),
});
export const Listed = z.object({
  Id: z.string(),
  Names: z.array(z.string()),
  State: z.string(),
  Created: z.number(),
  Labels: z.nullish(z.record(z.string(), z.string())),
});
export const Listings = z.array(Listed);

export type EngineVersion = z.infer<typeof Version>;
/** What the house reads of an inspected container; Docker's field names. */
export type InspectedContainer = z.infer<typeof Container>;
/** One container of a list; names start with a slash, `Created` is in seconds since 1970. */
export type ListedContainer = z.infer<typeof Listed>;

/** An answer of which only the id matters. */
export const Identified = z.object({ Id: z.string() });
/** How a command run inside a container ended. */
export const Executed = z.object({ ExitCode: z.nullable(z.number()) });

/** Whether podman answers as the engine; whatever is not podman is taken for Docker. */
export const isPodman = ({ Components }: EngineVersion): boolean => Components.some(({ Name }) => /podman/i.test(Name));
