import { LRUCache } from "lru-cache";
import type { ToolAnswer } from "../model/call.ts";
import { roughBytes } from "../model/json.ts";
import { RawResult } from "../model/raw-result.ts";
import type { Clock } from "../time/clock.ts";
import { CacheFigures, type CacheFiguresView } from "./cache-figures.ts";

/** An expired answer is kept this many lifetimes longer, for the time in which its backend does not answer. */
const STALE_LIFETIMES = 10;

/** How much a ResultCache keeps. */
export interface CacheLimits {
  readonly entries: number;
  readonly bytes: number;
  readonly entryBytes: number;
}

/** An answer as it came, and how old it is. */
export interface CachedAnswer {
  readonly result: ToolAnswer;
  readonly ageMs: number;
  /** How long the backend took for it. */
  readonly tookMs: number;
}

/** An answer worth keeping, and where it belongs. */
export interface Kept {
  readonly backend: string;
  readonly key: string;
  /** What `version` gave before the call was sent. */
  readonly version: number;
  readonly result: ToolAnswer;
  readonly tookMs: number;
  readonly ttlMs: number;
}

interface Entry extends Kept {
  readonly bytes: number;
  readonly since: number;
}

/** What is known of one backend's past. */
interface Track {
  version: number;
  readonly keys: Set<string>;
  /** Writes under way: what is read beside them may be older than they are. */
  writes: number;
  /** A write whose end nobody saw may still take effect until then. */
  unsureUntil: number;
}

/**
 * Answers of read-only tools, bounded in number and bytes. Every change of a backend gives it a new version, and only what was
 * asked and answered within the present one is served: an answer can be old, but never older than the last write that ended.
 */
export class ResultCache {
  readonly #clock: Clock;
  readonly #limits: CacheLimits;
  readonly #entries: LRUCache<string, Entry>;
  readonly #tracks = new Map<string, Track>();
  readonly #figures = new CacheFigures();
  #versions = 0;

  constructor(clock: Clock, limits: CacheLimits = { entries: 4_096, bytes: 32 * 2 ** 20, entryBytes: 256 * 2 ** 10 }) {
    this.#clock = clock;
    this.#limits = limits;
    this.#entries = new LRUCache({
      max: limits.entries,
      maxSize: limits.bytes,
      sizeCalculation: ({ bytes }) => bytes,
      dispose: ({ backend }, key) => void this.#tracks.get(backend)?.keys.delete(key),
    });
  }

  /** Names the present state of a backend; it never comes back once something has changed there. */
  version(backend: string): number {
    return this.#track(backend).version;
  }

  /** The answer under that key, if it is within its lifetime. */
  find(key: string): CachedAnswer | undefined {
    return this.#answer(key, 1);
  }

  /** The answer under that key even if its lifetime is over, for a backend that does not answer. */
  findStale(key: string): CachedAnswer | undefined {
    return this.#answer(key, 1 + STALE_LIFETIMES);
  }

  /** Keeps an answer, unless its backend has changed since it was asked, or may be changing now. */
  keep(kept: Kept): void {
    const track = this.#track(kept.backend);
    const now = this.#clock.now();
    if (track.version !== kept.version || track.writes > 0 || now < track.unsureUntil) return;
    const isRaw = kept.result instanceof RawResult;
    const bytes = isRaw ? kept.result.bytes : roughBytes(kept.result);
    if (bytes > this.#limits.entryBytes) return;
    const result = isRaw ? kept.result.onItsOwn() : kept.result;
    this.#entries.set(kept.key, { ...kept, result, bytes, since: now });
    track.keys.add(kept.key);
  }

  /** Forgets all answers of a backend; those under way are not kept. */
  invalidate(backend: string): void {
    const track = this.#track(backend);
    this.#renew(track);
  }

  /** Call before anything is sent that may change the backend, and call what it gives back when that has ended. */
  beginWrite(backend: string): (end: { readonly unsureForMs: number }) => void {
    const track = this.#track(backend);
    track.writes += 1;
    this.#renew(track);
    return ({ unsureForMs }) => {
      track.writes -= 1;
      if (unsureForMs > 0) track.unsureUntil = Math.max(track.unsureUntil, this.#clock.now() + unsureForMs);
      this.#renew(track);
    };
  }

  /** Forgets a backend that is no longer in the registry, figures included. */
  forget(backend: string): void {
    this.invalidate(backend);
    this.#tracks.delete(backend);
    this.#figures.forget(backend);
  }

  /** Notes how a call was answered; `savedMs` is what the backend had taken for the same answer. */
  count(backend: string, how: "hit" | "miss" | "shared" | "stale", savedMs = 0): void {
    this.#figures.count(backend, how, savedMs);
  }

  /** The figures of one backend, or of all; undefined if no cacheable call was made. */
  figures(backend?: string): CacheFiguresView | undefined {
    const kept = backend === undefined ? this.#entries.size : (this.#tracks.get(backend)?.keys.size ?? 0);
    return this.#figures.view(backend, kept);
  }

  #answer(key: string, lifetimes: number): CachedAnswer | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined; // none of a former version is left: `#renew` has taken them out
    const ageMs = this.#clock.now() - entry.since;
    return ageMs < entry.ttlMs * lifetimes ? { result: entry.result, ageMs, tookMs: entry.tookMs } : undefined;
  }

  #renew(track: Track): void {
    this.#versions += 1;
    track.version = this.#versions;
    if (track.keys.size > 0) for (const key of [...track.keys]) this.#entries.delete(key);
  }

  #track(backend: string): Track {
    let track = this.#tracks.get(backend);
    if (!track) {
      this.#versions += 1; // an entry that left and came back must not meet its former self
      track = { version: this.#versions, keys: new Set(), writes: 0, unsureUntil: 0 };
      this.#tracks.set(backend, track);
    }
    return track;
  }
}
