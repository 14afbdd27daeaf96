import type { Catalog } from "../catalog/catalog.ts";
import type { BackendSpec } from "../model/backend-spec.ts";
import type { StateStore } from "../model/ports.ts";
import type { ToolIndex } from "../search/tool-index.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { followCatalog } from "./follow-catalog.ts";

/** The name under which a StateStore keeps the packed index. */
export const INDEX_NAME = "search/index";

/** How long changes are gathered before the index is packed again. */
const GATHER_MS = 3_000;
/** So many tools are packed in a few milliseconds: worth it even when the process is about to end. */
const FEW_TOOLS = 5_000;

export interface KeptIndexParts {
  readonly index: ToolIndex;
  readonly catalog: Catalog;
  readonly specOf: (backend: string) => BackendSpec | undefined;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
}

/**
 * The search index, from the first question on: taken over from an earlier process where that one indexed the same tools,
 * built where not, following the catalog ever after, and kept for the next process. Nobody asks, nothing is read or built.
 */
export class KeptIndex {
  readonly #parts: KeptIndexParts;
  #opening: Promise<void> | undefined;
  #isOpen = false;
  #timer: Timer | undefined;
  /** Which tools the text in the store indexes. */
  #kept = "";

  constructor(parts: KeptIndexParts) {
    this.#parts = parts;
  }

  /** The index with everything in it that the catalog has now. */
  async ready(): Promise<ToolIndex> {
    this.#opening ??= this.#open();
    await this.#opening;
    await this.#parts.index.settled();
    return this.#parts.index;
  }

  /** A listing, or what the registry says of its server, has changed. */
  follow(backend: string): void {
    if (!this.#isOpen) return;
    this.#feed(backend);
    this.#timer ??= this.#parts.clock.after(GATHER_MS, () => void this.#keep()).unref();
  }

  /** Keeps what has changed since, unless that would take long. */
  async close(): Promise<void> {
    if (!this.#timer) return;
    const { size, waiting } = this.#parts.index;
    if (size + waiting <= FEW_TOOLS) await this.#keep();
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  async #open(): Promise<void> {
    const { index, catalog, store, clock } = this.#parts;
    const text = await store.read(INDEX_NAME);
    if (text !== undefined && (await index.restore(text))) this.#kept = this.#contents();
    this.#isOpen = true;
    for (const server of [...index.servers]) if (catalog.get(server) === undefined) index.remove(server);
    for (const [backend] of catalog.all()) this.#feed(backend);
    this.#timer ??= clock.after(GATHER_MS, () => void this.#keep()).unref();
  }

  #feed(backend: string): void {
    const { index, catalog, specOf, version } = this.#parts;
    followCatalog(index, specOf(backend), backend, catalog.get(backend), version);
  }

  async #keep(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const { index, store, log } = this.#parts;
    try {
      await index.settled();
      const contents = this.#contents();
      if (contents === this.#kept) return;
      const text = await index.pack();
      if (contents !== this.#contents()) return; // changed meanwhile, and that change has set the timer again
      await store.write(INDEX_NAME, text);
      this.#kept = contents;
    } catch (error) {
      log.warn({ error: String(error) }, "search index not kept");
    }
  }

  #contents(): string {
    return JSON.stringify([...this.#parts.index.versions].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
