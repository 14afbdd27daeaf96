import { version } from "../version.ts";

/** Who we are, in either era. */
export const SERVER_IDENTITY = { name: "sallyport", title: "Sallyport", version } as const;

export const CAPABILITIES = { tools: {}, logging: {} } as const;

/** Our lists are the same for everybody and as long as this process lives. */
export const CACHE_HINT = { ttlMs: 3_600_000, cacheScope: "public" } as const;

export const INSTRUCTIONS =
  "One door to many MCP servers. Call discover with one capability per string to find tools, describe for full definitions, " +
  "then invoke with the tool's address. Servers start by themselves when they are needed.";
