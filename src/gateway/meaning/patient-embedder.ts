import { GatewayError } from "../../model/errors.ts";
import type { Embedder } from "../../model/ports.ts";
import type { Signal } from "../../model/signal.ts";
import { formatMs } from "../../model/units.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { Backoff } from "../../time/backoff.ts";
import { type Clock, sleep } from "../../time/clock.ts";
import { linkDeadline } from "../../time/linked-signal.ts";

/** How long work that nobody waits for may take: a model may have to be loaded first. */
const BACKGROUND_MS = 60_000;
const RESTS = { firstMs: 5_000, maxMs: 600_000 };
const PROBE = ["read a file"];

export interface PatientEmbedderParts {
  readonly embedder: Embedder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly model: string;
  /** Hears that vectors have another length from now on: another model goes by this name. */
  readonly onOtherModel: () => void;
}

/** Whether the endpoint has something against what it was asked, and would have it again. */
export const isRefusal = ({ httpStatus }: GatewayError): boolean => httpStatus !== undefined && REFUSALS.includes(httpStatus);

const REFUSALS = [400, 413, 422];

interface Rest {
  readonly until: number;
  readonly reason: string;
}

/**
 * An embedder that questions wait for only while it answers. After a failure it rests, longer each time it fails again, and
 * has to answer in the background before it is asked a question anew.
 */
export class PatientEmbedder implements AsyncDisposable {
  readonly #parts: PatientEmbedderParts;
  readonly #closing = new AbortController();
  readonly #backoff = new Backoff(RESTS);
  #rest: Rest | undefined;
  /** Requests nobody waits for that are under way. */
  #working = 0;
  #probing: Promise<unknown> | undefined;
  #dimensions: number | undefined;

  constructor(parts: PatientEmbedderParts) {
    this.#parts = parts;
  }

  /** Why it is not asked now. */
  get trouble(): string | undefined {
    return this.#rest?.reason;
  }

  /** Whether vectors from an earlier process are as long as all others; the first of them say how long that is. */
  accepts(dimensions: number): boolean {
    this.#dimensions ??= dimensions;
    return this.#dimensions === dimensions;
  }

  /** How many numbers make a vector, once that is known. */
  get dimensions(): number | undefined {
    return this.#dimensions;
  }

  /** A vector a text within so many ms; undefined when it rests or is at work for us, fails, takes longer, or the asker leaves. */
  async ask(texts: readonly string[], ms: number, signal: Signal): Promise<readonly Float32Array[] | undefined> {
    if (this.#rest && this.#parts.clock.now() >= this.#rest.until) this.#probe();
    if (this.#rest || this.#working > 0) return undefined; // most endpoints do one thing at a time
    const vectors = await this.#try(texts, ms, signal).catch((reason: unknown) => {
      if (!signal.aborted) this.rest(GatewayError.from(reason)); // who leaves has nothing against the endpoint
      return undefined;
    });
    if (vectors) this.#backoff.reset();
    return vectors;
  }

  /**
   * A vector a text, after as many rests as it takes. Throws when closed, and for texts that the endpoint will not have: what it
   * refuses now it will refuse again.
   */
  async askPatiently(texts: readonly string[]): Promise<readonly Float32Array[]> {
    const { clock } = this.#parts;
    for (;;) {
      const restMs = (this.#rest?.until ?? 0) - clock.now();
      if (restMs > 0) await sleep(clock, restMs, this.#closing.signal);
      this.#working += 1;
      try {
        return await this.#try(texts, BACKGROUND_MS, this.#closing.signal);
      } catch (reason) {
        const error = GatewayError.from(reason, this.#closing.signal);
        if (this.#closing.signal.aborted || isRefusal(error)) throw error;
        this.rest(error);
      } finally {
        this.#working -= 1;
      }
    }
  }

  /** Leaves the endpoint alone for a while. */
  rest({ message, retryAfterMs = 0 }: GatewayError): void {
    const { clock, log, model } = this.#parts;
    if (!this.#rest)
      log.warn({ model, reason: message }, "the embeddings endpoint is left alone for a while: search goes by words");
    this.#rest = { until: clock.now() + Math.max(this.#backoff.next(), Math.min(retryAfterMs, RESTS.maxMs)), reason: message };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new GatewayError("shutting_down", "it is not needed any more"));
    await this.#parts.embedder[Symbol.asyncDispose]();
  }

  #probe(): void {
    this.#probing ??= this.askPatiently(PROBE)
      .catch((reason: unknown) => this.rest(GatewayError.from(reason))) // or closed, and then nobody cares
      .finally(() => {
        this.#probing = undefined;
      });
  }

  async #try(texts: readonly string[], ms: number, signal: Signal): Promise<readonly Float32Array[]> {
    const { clock, embedder, log, model } = this.#parts;
    const late = () => new GatewayError("deadline_exceeded", `it did not answer within ${formatMs(ms)}`);
    using deadline = linkDeadline(clock, ms, signal, late);
    const vectors = await embedder.embed(texts, deadline.signal);
    this.#assertUsual(vectors);
    if (this.#rest) log.info({ model }, "the embeddings endpoint answers again");
    this.#rest = undefined;
    return vectors;
  }

  #assertUsual(vectors: readonly Float32Array[]): void {
    const [first] = vectors;
    this.#dimensions ??= first?.length;
    if (this.#rest && first && first.length !== this.#dimensions && vectors.every(({ length }) => length === first.length)) {
      this.#dimensions = first.length; // no slip of one answer: after a rest it may be another model
      this.#parts.onOtherModel();
    }
    const odd = vectors.find(({ length }) => length !== this.#dimensions);
    if (!odd) return;
    throw new GatewayError("upstream_protocol", `its vectors have ${odd.length} numbers, ${this.#dimensions} before`);
  }
}
