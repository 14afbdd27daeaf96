import type { Catalog } from "../../catalog/catalog.ts";
import type { BackendSpec } from "../../model/backend-spec.ts";
import type { StateStore } from "../../model/ports.ts";
import type { EmbeddingsSettings } from "../../model/registry-snapshot.ts";
import type { Signal } from "../../model/signal.ts";
import type { NearTools } from "../../search/searchable-tool.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Clock } from "../../time/clock.ts";
import { type MeaningView, viewOfMeaning } from "./meaning-view.ts";
import type { NearQuestion, SemanticLayer } from "./semantic-layer.ts";

export interface MeaningParts {
  /** What the registry says now. */
  readonly settings: () => EmbeddingsSettings | undefined;
  readonly catalog: Catalog;
  readonly specOf: (backend: string) => BackendSpec | undefined;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Opened {
  readonly settings: string;
  readonly layer: Promise<SemanticLayer>;
}

/** Search by meaning, from the first question on, where the registry names a model for it; loads and costs nothing where not. */
export class Meaning {
  readonly #parts: MeaningParts;
  #opened: Opened | undefined;
  #layer: SemanticLayer | undefined;
  #closing: Promise<void> = Promise.resolve();

  constructor(parts: MeaningParts) {
    this.#parts = parts;
  }

  /** Whether the registry wants it at all. */
  get isWanted(): boolean {
    return this.#wanted() !== undefined;
  }

  /** The tools near each question, in their order; none at all where they are to be found by words alone. */
  async near(questions: readonly NearQuestion[], signal: Signal): Promise<readonly NearTools[]> {
    const settings = this.#wanted();
    if (!settings || questions.length === 0) return [];
    try {
      const layer = await this.#open(settings);
      return await layer.near(questions, signal);
    } catch (error) {
      this.#parts.log.warn({ error: String(error) }, "search by meaning failed");
      return []; // a question always has its answer by words
    }
  }

  /** A listing, or what the registry says of its server, has changed. */
  follow(backend: string): void {
    this.#layer?.follow(backend);
  }

  /** The registry may name another model now, or none: then the one before it is asked nothing more. */
  followRegistry(): void {
    const settings = this.#wanted();
    if (this.#opened && this.#opened.settings !== (settings && nameOf(settings))) void this.close();
  }

  /** How it stands, for `status`; undefined where the registry names no model. */
  view(): MeaningView | undefined {
    const settings = this.#parts.settings();
    return settings && viewOfMeaning(settings, this.#layer?.state);
  }

  /** Never rejects; what is there by then is kept. */
  close(): Promise<void> {
    const { layer } = this.#opened ?? {};
    this.#opened = undefined;
    this.#layer = undefined;
    const failed = (error: unknown) => this.#parts.log.warn({ error: String(error) }, "search by meaning did not end well");
    this.#closing = this.#closing.then(async () => await (await layer)?.[Symbol.asyncDispose]()).catch(failed);
    return this.#closing;
  }

  #wanted(): EmbeddingsSettings | undefined {
    const settings = this.#parts.settings();
    return settings?.enabled === "off" ? undefined : settings;
  }

  async #open(settings: EmbeddingsSettings): Promise<SemanticLayer> {
    const name = nameOf(settings);
    if (this.#opened?.settings !== name) {
      const closing = this.close(); // another model: the one before it keeps what it has
      this.#opened = { settings: name, layer: closing.then(() => this.#load(settings)) };
    }
    const opened = this.#opened;
    const layer = await opened.layer;
    if (this.#opened === opened) this.#layer = layer;
    return layer;
  }

  async #load(settings: EmbeddingsSettings): Promise<SemanticLayer> {
    const [{ SemanticLayer }, { createEmbedder }] = await Promise.all([
      import("./semantic-layer.ts"),
      import("../../inference/embedder.ts"),
    ]);
    return new SemanticLayer({ ...this.#parts, settings, embedder: createEmbedder(settings) });
  }
}

/** Tells settings apart, secrets included; never shown. */
const nameOf = (settings: EmbeddingsSettings): string =>
  JSON.stringify({ ...settings, url: settings.url.reveal(), apiKey: settings.apiKey?.reveal() });
