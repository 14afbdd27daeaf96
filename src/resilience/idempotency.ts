import { type ErrorCode, type ErrorContext, GatewayError } from "../model/errors.ts";
import { roughBytes } from "../model/json.ts";
import type { Signal } from "../model/signal.ts";
import type { Clock } from "../time/clock.ts";
import { SingleFlight } from "./single-flight.ts";

const KEPT_MS = 600_000;
const MAX_KEY_LENGTH = 200;
const VERIFY = "Verify its effect before you repeat it with another key";

/** How much an IdempotencyKeys keeps. */
export interface IdempotencyLimits {
  readonly keys: number;
  readonly bytes: number;
}

/** A call under its client's idempotency key. */
export interface KeyedCall {
  readonly key: string;
  /** Equal for equal calls and only for them: a digest of the tool's address and the canonical arguments. */
  readonly fingerprint: string;
  readonly signal: Signal;
}

/** What became of a call; `lost` means that it ran and its result was too much to keep. */
type Fate<T> =
  | { readonly kind: "running" }
  | { readonly kind: "result"; readonly result: T; readonly bytes: number }
  | { readonly kind: "error"; readonly error: KeptError }
  | { readonly kind: "lost" };

/** What is told of an error. The error itself holds what stood on its stack: a dead connection, for as long as its key is kept. */
interface KeptError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly facts: ErrorContext;
}

interface Entry<T> {
  readonly fingerprint: string;
  fate: Fate<T>;
  expiresAt: number;
}

/**
 * Lets a client repeat a call without running it twice: the same key with the same call joins the one under way or gets what
 * came of it, for 10 minutes after its end. A call that is known not to have run leaves no trace, so the same key may try again.
 */
export class IdempotencyKeys<T> {
  readonly #clock: Clock;
  readonly #limits: IdempotencyLimits;
  readonly #flights = new SingleFlight<T>();
  /** Those that have ended stand in the order of their ends. */
  readonly #entries = new Map<string, Entry<T>>();
  #bytes = 0;

  constructor(clock: Clock, limits: IdempotencyLimits = { keys: 1_000, bytes: 8 * 2 ** 20 }) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Runs `work`, or joins or replays what ran under this key before. Throws `invalid_argument` if the key was used for another
   * call, `resource_exhausted` when no more keys can be remembered, and the signal's reason; the work's own signal aborts
   * when nobody waits for it any more.
   */
  async run({ key, fingerprint, signal }: KeyedCall, work: (signal: Signal) => Promise<T>): Promise<T> {
    if (key.length > MAX_KEY_LENGTH) throw tooLong(key);
    this.#forgetExpired();
    const known = this.#entries.get(key);
    if (known && known.fingerprint !== fingerprint) throw usedForAnother(key);
    if (known && known.fate.kind !== "running") return replay(key, known.fate);
    return await this.#flights.share(
      key,
      signal,
      async (flight) => await this.#first({ key, fingerprint, signal: flight }, work),
    );
  }

  async #first({ key, fingerprint, signal }: KeyedCall, work: (signal: Signal) => Promise<T>): Promise<T> {
    const entry = this.#remember(key, fingerprint);
    // Once nobody waits any more there is no flight to join, and work that is still coming to its end must not run again.
    const abandoned = () => this.#settle(key, entry, { kind: "error", error: kept(GatewayError.from(signal.reason)) });
    signal.addEventListener("abort", abandoned, { once: true });
    try {
      const result = await work(signal);
      this.#settle(key, entry, this.#worthKeeping(result));
      return result;
    } catch (reason) {
      const error = GatewayError.from(reason);
      if (error.outcome === "not_executed") this.#entries.delete(key);
      else this.#settle(key, entry, { kind: "error", error: kept(error) });
      throw error;
    }
  }

  #remember(key: string, fingerprint: string): Entry<T> {
    if (this.#entries.size >= this.#limits.keys) throw this.#full();
    const entry: Entry<T> = { fingerprint, fate: { kind: "running" }, expiresAt: Number.POSITIVE_INFINITY };
    this.#entries.set(key, entry);
    return entry;
  }

  #settle(key: string, entry: Entry<T>, fate: Fate<T>): void {
    entry.fate = fate;
    entry.expiresAt = this.#clock.now() + KEPT_MS;
    this.#entries.delete(key); // and to the end of the line
    this.#entries.set(key, entry);
  }

  /** Makes room for a result at the cost of older ones: their calls are remembered, their results are not. */
  #worthKeeping(result: T): Fate<T> {
    const bytes = roughBytes(result);
    if (bytes > this.#limits.bytes) return { kind: "lost" };
    for (const entry of this.#entries.values()) {
      if (this.#bytes + bytes <= this.#limits.bytes) break;
      if (entry.fate.kind !== "result") continue;
      this.#bytes -= entry.fate.bytes;
      entry.fate = { kind: "lost" };
    }
    this.#bytes += bytes;
    return { kind: "result", result, bytes };
  }

  #forgetExpired(): void {
    for (const [key, { fate, expiresAt }] of this.#entries) {
      if (fate.kind === "running") continue;
      if (expiresAt > this.#clock.now()) return;
      this.#entries.delete(key);
      if (fate.kind === "result") this.#bytes -= fate.bytes;
    }
  }

  #full(): GatewayError {
    const oldest = [...this.#entries.values()].find(({ fate }) => fate.kind !== "running");
    return new GatewayError("resource_exhausted", `Cannot remember another idempotency key: ${this.#limits.keys} are in use`, {
      retryAfterMs: oldest && Math.ceil(oldest.expiresAt - this.#clock.now()),
      hint: "Call without an idempotency key, or wait",
    });
  }
}

function replay<T>(key: string, fate: Exclude<Fate<T>, { kind: "running" }>): T {
  if (fate.kind === "result") return fate.result;
  if (fate.kind === "lost")
    throw new GatewayError("resource_exhausted", `Cannot repeat the result of idempotency key "${key}": it is no longer kept`, {
      outcome: "executed",
      hint: "The call has run: do not repeat it with another key",
    });
  const { code, message, facts } = fate.error;
  if (code !== "cancelled") throw new GatewayError(code, message, facts);
  // Whoever asks now has cancelled nothing, and a cancelled call is not answered.
  throw new GatewayError("unavailable", `The call with idempotency key "${key}" was cancelled before it was answered`, {
    backend: facts.backend,
    outcome: facts.outcome,
    hint: VERIFY,
  });
}

function kept({ code, message, backend, retryAfterMs, outcome, hint, httpStatus, rpc }: GatewayError): KeptError {
  return { code, message, facts: { backend, retryAfterMs, outcome, hint, httpStatus, rpc } };
}

const tooLong = (key: string): GatewayError =>
  new GatewayError("invalid_argument", `idempotencyKey: expected at most ${MAX_KEY_LENGTH} characters, found ${key.length}`);

const usedForAnother = (key: string): GatewayError =>
  new GatewayError("invalid_argument", `idempotencyKey: "${key}" was used for another call in the last 10 minutes`, {
    hint: "Choose a new key for a new call; repeat a call with exactly the same tool and arguments",
  });
