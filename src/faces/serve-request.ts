/** What `sallyport serve` was asked for. */
export interface ServeRequest {
  readonly registry: string | undefined;
  /** Refuse to start with an invalid registry instead of falling back to the last good one. */
  readonly strict: boolean;
}

/**
 * Reads the command line of a host: nothing, or `serve`, with `--registry FILE` and `--strict`. Undefined for anything else,
 * which the full command line then reads; this little one keeps the start fast.
 */
export function readServeRequest(argv: readonly string[], stdinIsTerminal: boolean): ServeRequest | undefined {
  let registry: string | undefined;
  let [named, strict] = [false, false];
  const rest = [...argv];
  while (rest.length > 0) {
    const word = rest.shift() ?? "";
    if (word === "serve" && !named) named = true;
    else if (word === "--strict") strict = true;
    else if (word.startsWith("--registry=")) registry = word.slice("--registry=".length);
    else if (word === "--registry" && rest.length > 0) registry = rest.shift();
    else return undefined;
  }
  return named || !stdinIsTerminal ? { registry, strict } : undefined;
}
