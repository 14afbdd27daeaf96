import type { MetricsSettings } from "../model/watching.ts";

/** What `sallyport serve` was asked for. */
export interface ServeRequest {
  readonly registry: string | undefined;
  /** Refuse to start with an invalid registry instead of falling back to the last good one. */
  readonly strict: boolean;
  /** Where the figures are shown; each undefined for what the registry says. */
  readonly metricsSocket: MetricsSettings["socket"] | undefined;
  readonly metricsPort: number | undefined;
}

type Written = { -readonly [Key in keyof ServeRequest]: ServeRequest[Key] };

/** Each reads what stands behind its equals sign, or the word after it; false if that is no value for it. */
const WITH_VALUE: Readonly<Record<string, (request: Written, value: string) => boolean>> = {
  "--registry": (request, value) => {
    request.registry = value;
    return true;
  },
  "--metrics-port": (request, value) => {
    request.metricsPort = readPort(value);
    return request.metricsPort !== undefined;
  },
};

/**
 * Reads the command line of a host: nothing, or `serve`, with `--registry FILE`, `--strict`, `--metrics-port PORT` and
 * `--metrics-socket [PATH]`, the path as a word of its own only behind `serve`. Undefined for anything else, which the full
 * command line then reads; this little one keeps the start fast.
 */
export function readServeRequest(argv: readonly string[], stdinIsTerminal: boolean): ServeRequest | undefined {
  const request: Written = { registry: undefined, strict: false, metricsSocket: undefined, metricsPort: undefined };
  let named = false;
  const rest = [...argv];
  while (rest.length > 0) {
    const word = rest.shift() ?? "";
    const [name = "", ...parts] = word.split("=");
    const read = WITH_VALUE[name];
    if (word === "serve" && !named) named = true;
    else if (word === "--strict") request.strict = true;
    else if (name === "--metrics-socket")
      request.metricsSocket = parts.length > 0 ? parts.join("=") : (named && pathIn(rest)) || true;
    else {
      const value = parts.length > 0 ? parts.join("=") : rest.shift();
      if (!read || value === undefined || !read(request, value)) return undefined;
    }
  }
  return named || !stdinIsTerminal ? request : undefined;
}

/** Takes the next word unless it is an option; behind `serve` it can be no command. */
const pathIn = (rest: string[]): string | undefined => (rest[0]?.startsWith("-") ? undefined : rest.shift());

/** A port from its digits; undefined for anything else. */
export function readPort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}
