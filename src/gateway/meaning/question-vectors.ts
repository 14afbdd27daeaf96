import { LRUCache } from "lru-cache";
import type { EmbeddingsSettings } from "../../model/registry-snapshot.ts";
import type { Signal } from "../../model/signal.ts";
import type { PatientEmbedder } from "./patient-embedder.ts";

/** Questions whose vectors are remembered, so that the next page, and the next trial, cost nothing and are ranked as before. */
const MOST_QUESTIONS = 512;
/** A need is a sentence; what is longer is no need. */
const LONGEST_QUESTION = 1_000;

/** The vectors of questions, each asked for once. */
export class QuestionVectors {
  readonly #embedder: PatientEmbedder;
  readonly #settings: EmbeddingsSettings;
  readonly #known = new LRUCache<string, Float32Array>({ max: MOST_QUESTIONS });

  constructor(embedder: PatientEmbedder, settings: EmbeddingsSettings) {
    this.#embedder = embedder;
    this.#settings = settings;
  }

  /** A vector a text; undefined where they do not come within so many ms. */
  async within(texts: readonly string[], ms: number, signal: Signal): Promise<readonly Float32Array[] | undefined> {
    const missing = this.#missing(texts);
    if (missing.length > 0) {
      const vectors = await this.#embedder.ask(missing, ms, signal);
      if (!vectors) return undefined;
      this.#remember(missing, vectors);
    }
    return this.#missing(texts).length === 0 ? this.#recall(texts) : undefined; // forgotten meanwhile
  }

  /** A vector a text, however long that takes; throws only when closed, or when the endpoint refuses one. */
  async patiently(texts: readonly string[]): Promise<readonly Float32Array[]> {
    for (;;) {
      const some = this.#missing(texts).slice(0, this.#settings.batch);
      if (some.length === 0) return this.#recall(texts);
      this.#remember(some, await this.#embedder.askPatiently(some));
    }
  }

  forget(): void {
    this.#known.clear();
  }

  #missing(texts: readonly string[]): readonly string[] {
    return [...new Set(texts.map((text) => this.#asked(text)))].filter((text) => !this.#known.has(text));
  }

  #remember(asked: readonly string[], vectors: readonly Float32Array[]): void {
    for (const [at, vector] of vectors.entries()) this.#known.set(asked[at] ?? "", vector);
  }

  #recall(texts: readonly string[]): readonly Float32Array[] {
    return texts.flatMap((text) => this.#known.get(this.#asked(text)) ?? []);
  }

  #asked(text: string): string {
    const cut = Buffer.from(text.slice(0, LONGEST_QUESTION)).toString(); // half a character becomes a whole one
    return `${this.#settings.queryPrefix}${cut}`;
  }
}
