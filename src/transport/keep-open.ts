import type { Signal } from "../model/signal.ts";
import { Backoff } from "../time/backoff.ts";
import { type Clock, sleep } from "../time/clock.ts";

/** How one opening of a stream went; `not offered` ends all attempts. */
export type Opening = "not offered" | { readonly fruitful: boolean; readonly retryMs?: number | undefined };

const MAX_FRUITLESS = 5;
const RETRY = { firstMs: 1_000, maxMs: 60_000 };
/** A stream that lasted this long did its work even if nothing happened. */
const LASTING_MS = 30_000;

/**
 * Opens a stream again whenever it ends, until the signal aborts: after the delay the other side asked for, otherwise after
 * growing delays of our own. Stops after five openings in a row that failed, or ended soon and brought nothing. Never rejects:
 * what the stream carries (list changes, logs) is a convenience.
 */
export async function keepOpen(clock: Clock, signal: Signal, open: () => Promise<Opening>): Promise<void> {
  const backoff = new Backoff(RETRY);
  for (let fruitless = 0; fruitless < MAX_FRUITLESS && !signal.aborted; ) {
    const since = clock.now();
    const opening = await open().catch((): Opening => ({ fruitful: false }));
    if (opening === "not offered") return;
    const useful = opening.fruitful || clock.now() - since >= LASTING_MS;
    if (useful) backoff.reset();
    fruitless = useful ? 0 : fruitless + 1;
    const delay = backoff.next();
    await sleep(clock, Math.min(opening.retryMs ?? delay, RETRY.maxMs), signal).catch(() => {}); // the loop sees the abort
  }
}
