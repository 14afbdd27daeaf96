import { type BackendListing, type Catalog, emptyListing } from "../catalog/catalog.ts";
import { saveListing } from "../catalog/catalog-snapshot.ts";
import type { BackendSpec } from "../model/backend-spec.ts";
import { GatewayError } from "../model/errors.ts";
import type { Connection, StateStore } from "../model/ports.ts";
import type { Signal } from "../model/signal.ts";
import { SingleFlight } from "../resilience/single-flight.ts";
import type { Clock } from "../time/clock.ts";
import { abandonOnAbort, linkDeadline } from "../time/linked-signal.ts";
import { judgeTools } from "./judge-tools.ts";

const MAX_PAGES = 64;
/** A backend that announces a change with every list must not keep us reading. */
const MAX_READS = 3;
/** No backend vouches for longer than that. */
const LONGEST_TTL_MS = 86_400_000;

/** Keeps the catalog true: asks a connected backend for its tools, checks them, and replaces its listing. */
export class RefreshCatalog {
  readonly #catalog: Catalog;
  readonly #store: StateStore;
  readonly #specOf: (backend: string) => BackendSpec | undefined;
  readonly #clock: Clock;
  readonly #onInvalidated: (backend: string) => void;
  readonly #flights = new SingleFlight<void, Connection>();
  /** The connections of each backend, one a replica, that were read since its last change, and until when that holds. */
  readonly #current = new Map<string, WeakMap<Connection, number>>();
  /** How often each backend was said to have changed. */
  readonly #changes = new Map<string, number>();
  /** Which reading each listing came from; one that began earlier and ends later is not shown. */
  readonly #shown = new Map<string, number>();
  #readings = 0;

  /** `onInvalidated` hears of every backend that is said to have changed. */
  constructor(
    catalog: Catalog,
    store: StateStore,
    specOf: (backend: string) => BackendSpec | undefined,
    clock: Clock,
    onInvalidated: (backend: string) => void = () => {},
  ) {
    this.#onInvalidated = onInvalidated;
    this.#catalog = catalog;
    this.#store = store;
    this.#specOf = specOf;
    this.#clock = clock;
  }

  /** Whether the tools were read over this very connection, nothing has changed since, and the backend still vouches for them. */
  isCurrent(backend: string, connection: Connection): boolean {
    const until = this.#current.get(backend)?.get(connection);
    return until !== undefined && (until === Number.POSITIVE_INFINITY || this.#clock.now() < until);
  }

  /** The backend said that its tools changed, or a person wants to be sure; a reading under way will read once more. */
  invalidate(backend: string): void {
    this.#current.delete(backend);
    this.#changes.set(backend, this.#changesOf(backend) + 1);
    this.#onInvalidated(backend);
  }

  /** Reads the backend's tools once, however many ask; a caller that aborts leaves the reading to the others. */
  async refresh(backend: string, connection: Connection, signal: Signal): Promise<void> {
    await abandonOnAbort(
      this.#flights.run(connection, () => this.#readUntilCurrent(backend, connection)),
      signal,
    );
  }

  async #readUntilCurrent(backend: string, connection: Connection): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const changes = this.#changesOf(backend);
      const failure = await this.#read(backend, connection).then(
        () => undefined,
        (reason: unknown) => GatewayError.from(reason),
      );
      if (this.#changesOf(backend) !== changes && attempt < MAX_READS) continue;
      if (failure) throw failure;
      return;
    }
  }

  async #read(backend: string, connection: Connection): Promise<void> {
    const spec = this.#specOf(backend);
    if (!spec) return;
    this.#readings += 1;
    const reading = this.#readings;
    const expired = () => new GatewayError("deadline_exceeded", `"${backend}" did not list its tools in time`, { backend });
    using deadline = linkDeadline(this.#clock, spec.callTimeoutMs, undefined, expired);
    const began = this.#clock.now();
    const { definitions, ttlMs } =
      connection.peer.capabilities["tools"] === undefined ? NO_TOOLS : await readPages(connection, deadline.signal);
    const listing: BackendListing = {
      ...emptyListing(spec.digest),
      ...judgeTools(backend, definitions, (definition) => connection.toolFault?.(definition)),
      instructions: connection.peer.instructions,
      seenAt: this.#clock.wallTime(),
      source: "live",
      ...(ttlMs !== undefined && { ttlMs }),
    };
    this.#currentOf(backend).set(connection, began + (ttlMs ?? Number.POSITIVE_INFINITY));
    if (reading < (this.#shown.get(backend) ?? 0)) return;
    this.#shown.set(backend, reading);
    this.#catalog.replace(backend, listing);
    await saveListing(this.#store, backend, listing);
  }

  #currentOf(backend: string): WeakMap<Connection, number> {
    const current = this.#current.get(backend) ?? new WeakMap();
    this.#current.set(backend, current);
    return current;
  }

  #changesOf(backend: string): number {
    return this.#changes.get(backend) ?? 0;
  }
}

interface Pages {
  readonly definitions: readonly unknown[];
  /** The least that a page is vouched for; undefined if none says anything. */
  readonly ttlMs: number | undefined;
}

const NO_TOOLS: Pages = { definitions: [], ttlMs: undefined };

/** Every page of `tools/list`; a cursor that comes back and a 65th page end the reading, since a list must end. */
async function readPages(connection: Connection, signal: Signal): Promise<Pages> {
  const found: unknown[] = [];
  let ttlMs: number | undefined;
  const cursors = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const result = await connection.request("tools/list", cursor === undefined ? {} : { cursor }, { signal });
    if (!Array.isArray(result["tools"]))
      throw new GatewayError("upstream_protocol", "tools/list: expected an array of tools, found none");
    found.push(...(result["tools"] as readonly unknown[]));
    const next = result["nextCursor"];
    ttlMs = lesser(ttlMs, result["ttlMs"]);
    if (typeof next !== "string" || cursors.has(next)) break;
    cursors.add(next);
    cursor = next;
  }
  return { definitions: found, ttlMs };
}

/** Zero, which is what servers say that do not care, counts as nothing said: their word for a change is `list_changed`. */
function lesser(known: number | undefined, said: unknown): number | undefined {
  if (typeof said !== "number" || !(said > 0)) return known;
  return Math.min(known ?? LONGEST_TTL_MS, said, LONGEST_TTL_MS);
}
