import type { Catalog } from "../catalog/catalog.ts";
import type { BackendRunner } from "../lifecycle/backend-runner.ts";
import type { Fleet } from "../lifecycle/fleet.ts";
import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import type { ToolRef } from "../model/tool.ts";
import { formatMs } from "../model/units.ts";
import { callBudget } from "../resilience/deadline.ts";
import { SingleFlight } from "../resilience/single-flight.ts";
import type { Clock } from "../time/clock.ts";
import { linkDeadline } from "../time/linked-signal.ts";
import type { RecallCatalog } from "./recall-catalog.ts";
import type { RefreshCatalog } from "./refresh-catalog.ts";
import { assertUsable, isUsable } from "./usable.ts";

/** How long a question waits for servers nobody has seen yet; npm servers answer in 0.2 to 1 s. */
const PATIENCE_MS = 8_000;

export interface UnknownTools {
  readonly server: string;
  readonly reason: string;
}

/** Gets to know the tools of servers that have never run: starts them, lists them, and lets idle time stop them. */
export class LearnTools {
  readonly #fleet: Fleet;
  readonly #catalog: Catalog;
  readonly #recall: RecallCatalog;
  readonly #refresh: RefreshCatalog;
  readonly #clock: Clock;
  readonly #flights = new SingleFlight<void>();
  /** Until when a question waits for a server (set by its first attempt), and why the last attempt failed. */
  readonly #attempts = new Map<string, { readonly patientUntil: number; failure?: string }>();

  constructor(fleet: Fleet, catalog: Catalog, recall: RecallCatalog, refresh: RefreshCatalog, clock: Clock) {
    this.#fleet = fleet;
    this.#catalog = catalog;
    this.#recall = recall;
    this.#refresh = refresh;
    this.#clock = clock;
  }

  /** Makes one tool's definition known if its server or an earlier process can tell it; takes no longer than a call. */
  async learnTool(ref: ToolRef, signal: Signal): Promise<void> {
    await this.#recall.recall();
    const spec = this.#fleet.get(ref.backend)?.spec;
    if (!spec || this.#catalog.find(ref)) return;
    const { totalMs } = callBudget(spec.callTimeoutMs, undefined, undefined);
    const expired = () =>
      new GatewayError("deadline_exceeded", `"${spec.id}" did not list its tools within ${formatMs(totalMs)}`, {
        backend: spec.id,
        outcome: "not_executed",
      });
    using deadline = linkDeadline(this.#clock, totalMs, signal, expired);
    await this.learn(spec.id, deadline.signal);
  }

  /** Starts a server if need be, and if it may, and reads its tools, however long that takes within the signal. */
  async learn(backend: string, signal: Signal): Promise<void> {
    const runner = this.#fleet.get(backend);
    if (!runner) return;
    await this.#read(runner, signal);
  }

  /** Learns every unknown server at once and waits a little; names those that are still unknown, with the reason. */
  async learnUnknown(only: string | undefined, signal: Signal): Promise<readonly UnknownTools[]> {
    await this.#recall.recall();
    const isStranger = ({ spec }: BackendRunner): boolean =>
      this.#catalog.get(spec.id) === undefined && (only === undefined ? isUsable(spec) : spec.id === only);
    const strangers = this.#fleet.all().filter(isStranger);
    await Promise.all(strangers.map((runner) => this.#waitABit(runner, signal)));
    return strangers.filter(isStranger).map(({ spec }) => this.#reasonFor(spec.id));
  }

  /** A changed entry deserves a new first attempt. */
  forget(backend: string): void {
    this.#attempts.delete(backend);
  }

  /** One attempt per server at a time; only the first is waited for, so a dead server delays one question. */
  async #waitABit(runner: BackendRunner, signal: Signal): Promise<void> {
    const { id } = runner.spec;
    const flight = this.#flights.run(id, () => this.#attempt(runner));
    const waitMs = (this.#attempts.get(id)?.patientUntil ?? 0) - this.#clock.now();
    if (waitMs <= 0) return;
    const outOfPatience = () => new GatewayError("deadline_exceeded", `"${id}" is still starting`, { backend: id });
    using patience = linkDeadline(this.#clock, waitMs, signal, outOfPatience);
    await Promise.race([flight, aborted(patience.signal)]);
  }

  async #attempt(runner: BackendRunner): Promise<void> {
    const { id } = runner.spec;
    const patientUntil = this.#attempts.get(id)?.patientUntil ?? this.#clock.now() + PATIENCE_MS;
    this.#attempts.set(id, { patientUntil });
    try {
      await this.#read(runner, new AbortController().signal);
    } catch (reason) {
      this.#attempts.set(id, { patientUntil, failure: GatewayError.from(reason).message });
    }
  }

  async #read(runner: BackendRunner, signal: Signal): Promise<void> {
    assertUsable(runner.spec);
    await runner.use(signal, ({ connection }) => this.#refresh.refresh(runner.spec.id, connection, signal));
  }

  #reasonFor(server: string): UnknownTools {
    return { server, reason: this.#attempts.get(server)?.failure ?? `"${server}" is still starting` };
  }
}

const aborted = (signal: Signal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
