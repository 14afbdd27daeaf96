import type { BackendSpec } from "../model/backend-spec.ts";
import { isJsonObject } from "../model/json.ts";
import type { Era, StateStore } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";

const LEGACY_LASTS_MS = 24 * 3_600_000;

/**
 * Remembers across restarts which protocol era a backend speaks, by the digest of its entry. A legacy verdict lasts 24 hours,
 * because nothing ever proves it stale: most modern backends still answer the old handshake. No method rejects.
 */
export class EraMemory {
  readonly #store: StateStore;
  readonly #clock: Clock;

  constructor(store: StateStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The remembered era, or undefined when the backend has to be asked. */
  async recall(spec: BackendSpec): Promise<Era | undefined> {
    const verdict = parse(await this.#store.read(nameFor(spec)).catch(() => undefined));
    const expired = verdict?.era === "legacy" && Math.abs(this.#clock.wallTime() - verdict.storedAt) >= LEGACY_LASTS_MS;
    return expired ? undefined : verdict?.era;
  }

  async learn(spec: BackendSpec, era: Era): Promise<void> {
    const text = JSON.stringify({ era, storedAt: this.#clock.wallTime() });
    await this.#store.write(nameFor(spec), text).catch(() => {}); // a lost verdict costs one probe
  }

  async forget(spec: BackendSpec): Promise<void> {
    await this.#store.remove(nameFor(spec)).catch(() => {}); // it will fail once more and be removed then
  }
}

const nameFor = (spec: BackendSpec): string => `era-${spec.digest}`;

function parse(text: string | undefined): { readonly era: Era; readonly storedAt: number } | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    if (!isJsonObject(value) || typeof value["storedAt"] !== "number") return undefined;
    const { era, storedAt } = value;
    return era === "legacy" || era === "modern" ? { era, storedAt } : undefined;
  } catch {
    return undefined; // damaged: as good as absent
  }
}
