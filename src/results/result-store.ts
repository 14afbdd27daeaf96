import type { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { GatewayError } from "../model/errors.ts";
import type { Clock } from "../time/clock.ts";

/** The whole of a result that was shown in part. */
export interface StoredResult {
  /** All its text, block after block, as UTF-8. */
  readonly text: Buffer;
  /** Its structured content as JSON; undefined if it has none. */
  readonly structured: Buffer | undefined;
  /** The size of its pages, in bytes. */
  readonly pageBytes: number;
}

/** How much a ResultStore keeps, and for how long. */
export interface StoreLimits {
  readonly results: number;
  readonly bytes: number;
  readonly ageMs: number;
}

/** How long a handle is good for. */
export const KEPT_MS = 15 * 60_000;

interface Entry {
  readonly stored: StoredResult;
  readonly bytes: number;
  readonly expiresAt: number;
}

/**
 * Results too big to be shown at once, by handle; bounded in number, bytes and age, the oldest go first. A gateway serves one
 * session, so a handle is good in that session alone; nobody can guess one.
 */
export class ResultStore {
  readonly #clock: Clock;
  readonly #limits: StoreLimits;
  /** In the order in which they last came. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(clock: Clock, limits: StoreLimits = { results: 64, bytes: 32 * 2 ** 20, ageMs: KEPT_MS }) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Keeps a result and names it; undefined if it is too big to be kept. One that is kept already, byte for byte, keeps its name and
   * is as new: a tool that is asked the same again and again pushes nothing out.
   */
  put(stored: StoredResult): string | undefined {
    const bytes = sizeOf(stored);
    if (bytes > this.#limits.bytes) return undefined;
    const now = this.#clock.now();
    const known = this.#renewed(stored, now);
    if (known !== undefined) return known;
    for (const [handle, entry] of this.#entries) {
      const fits = this.#entries.size < this.#limits.results && this.#bytes + bytes <= this.#limits.bytes;
      if (fits && entry.expiresAt > now) break;
      this.#drop(handle, entry);
    }
    const handle = `r_${randomBytes(9).toString("base64url")}`;
    this.#entries.set(handle, { stored, bytes, expiresAt: now + this.#limits.ageMs });
    this.#bytes += bytes;
    return handle;
  }

  /** The result of that handle; throws `not_found` once it is gone. */
  get(handle: string): StoredResult {
    const entry = this.#entries.get(handle);
    if (entry && entry.expiresAt > this.#clock.now()) return entry.stored;
    if (entry) this.#drop(handle, entry);
    throw new GatewayError(
      "not_found",
      `No result with the handle ${JSON.stringify(handle.slice(0, 80))}: it is gone, or of another session`,
      {
        hint: "Call the tool again; a handle is good for 15 minutes",
      },
    );
  }

  #renewed(stored: StoredResult, now: number): string | undefined {
    for (const [handle, entry] of this.#entries) {
      if (entry.expiresAt <= now || !areEqual(entry.stored, stored)) continue;
      this.#entries.delete(handle);
      this.#entries.set(handle, { ...entry, expiresAt: now + this.#limits.ageMs });
      return handle;
    }
    return undefined;
  }

  #drop(handle: string, { bytes }: Entry): void {
    this.#entries.delete(handle);
    this.#bytes -= bytes;
  }
}

const sizeOf = ({ text, structured }: StoredResult): number => text.length + (structured?.length ?? 0);

const areEqual = (one: StoredResult, other: StoredResult): boolean =>
  one.pageBytes === other.pageBytes && one.text.equals(other.text) && isSame(one.structured, other.structured);

const isSame = (one: Buffer | undefined, other: Buffer | undefined): boolean =>
  one && other ? one.equals(other) : one === other;
