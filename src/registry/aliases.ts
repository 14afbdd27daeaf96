/** Other clients' names for an entry key, by the name we use. */
export const KEY_ALIASES: Readonly<Record<string, readonly string[]>> = {
  url: ["httpUrl", "serverUrl"],
  env: ["environment"],
  headers: ["http_headers"],
  transport: ["type"],
  protocolEra: ["protocol"],
  enabled: ["disabled"],
};

/** Every accepted name of a transport. */
export const TRANSPORT_NAMES: Readonly<Record<string, "stdio" | "http" | "sse">> = {
  stdio: "stdio",
  local: "stdio",
  http: "http",
  "streamable-http": "http",
  streamableHttp: "http",
  streamable_http: "http",
  remote: "http",
  sse: "sse",
};

/** Every accepted name of a protocol era: the word, or a revision of the protocol. */
export const ERA_NAMES: Readonly<Record<string, "auto" | "legacy" | "modern">> = {
  auto: "auto",
  legacy: "legacy",
  modern: "modern",
  "2024-11-05": "legacy",
  "2025-03-26": "legacy",
  "2025-06-18": "legacy",
  "2025-11-25": "legacy",
  "2025": "legacy",
  "2026-07-28": "modern",
  "2026": "modern",
};
