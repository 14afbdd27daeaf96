const BYTES: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["k", 2 ** 10],
  ["m", 2 ** 20],
  ["g", 2 ** 30],
]);

/** `"512m"`, `"2MiB"` or `"1048576"` as bytes (powers of 1,024, as container engines read them); undefined if it is no size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmg]?)(?:i?b)?$/i.exec(text.trim());
  const unit = BYTES.get(match?.[2]?.toLowerCase() ?? "");
  return match?.[1] === undefined || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/** A duration as a person reads it: `"340 ms"`, `"2.5 s"`, `"3 min"`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1).replace(/\.0$/, "")} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** About how many bytes of text make a token. */
export const BYTES_PER_TOKEN = 4;

/** How little and how much of a result a model may be shown at once, in tokens; as JSON it never exceeds one message. */
export const MAX_RESULT_TOKENS = { least: 100, most: 250_000 } as const;
