import type { Catalog } from "../catalog/catalog.ts";
import { loadListing } from "../catalog/catalog-snapshot.ts";
import type { Fleet } from "../lifecycle/fleet.ts";
import type { BackendSpec } from "../model/backend-spec.ts";
import { GatewayError } from "../model/errors.ts";
import type { StateStore } from "../model/ports.ts";
import type { Logger } from "../telemetry/logger.ts";
import { recallToolsFile } from "./recall-tools-file.ts";

/** Brings back what earlier processes saw, the first time anyone asks; never before, so that a start costs nothing. */
export class RecallCatalog {
  readonly #catalog: Catalog;
  readonly #store: StateStore;
  readonly #log: Logger;
  readonly #fleet: Fleet;
  /** One attempt per spec, kept as the promise that everyone shares; an entry that is changed takes its attempt with it. */
  readonly #attempts = new WeakMap<BackendSpec, Promise<void>>();

  constructor(fleet: Fleet, catalog: Catalog, store: StateStore, log: Logger) {
    this.#fleet = fleet;
    this.#catalog = catalog;
    this.#store = store;
    this.#log = log;
  }

  /** Resolves when every backend's stored listing is in the catalog, where there is one. */
  async recall(): Promise<void> {
    await Promise.all(this.#fleet.all().map(({ spec }) => this.#recallOnce(spec)));
  }

  #recallOnce(spec: BackendSpec): Promise<void> {
    const attempt = this.#attempts.get(spec) ?? this.#recallOne(spec);
    this.#attempts.set(spec, attempt);
    return attempt;
  }

  async #recallOne(spec: BackendSpec): Promise<void> {
    const stored = await loadListing(this.#store, spec.id, spec.digest);
    const listing = stored ?? (await this.#fromToolsFile(spec));
    if (listing && this.#catalog.get(spec.id) === undefined) this.#catalog.replace(spec.id, listing); // a live one is newer
  }

  async #fromToolsFile(spec: BackendSpec) {
    if (spec.toolsFile === undefined) return undefined;
    try {
      return await recallToolsFile(spec, spec.toolsFile, this.#store);
    } catch (error) {
      this.#log.warn({ server: spec.id }, GatewayError.from(error).message);
      return undefined;
    }
  }
}
