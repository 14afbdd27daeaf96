import type { BackendRunner, ReplicaStanding, StageListener, UseOptions, UseVerdict } from "../lifecycle/backend-runner.ts";
import type { BackendSpec } from "../model/backend-spec.ts";
import type { BackendState, Running } from "../model/backend-state.ts";
import { GatewayError } from "../model/errors.ts";
import type { Signal } from "../model/signal.ts";
import { EndpointPicker, type PickedEndpoint } from "../resilience/endpoint-picker.ts";
import { isPushback, outcomeOf, SLOW_CALL_MS } from "../resilience/outcome.ts";
import type { Clock } from "../time/clock.ts";
import { nearer, READINESS, type Readiness, readinessOf } from "./replica-readiness.ts";

/** All calls of one gateway belong to the session of its one client. */
const SESSION = "gateway";

export interface ReplicaSetDeps {
  readonly clock: Clock;
  /** From 0 up to, not including, 1: where to begin, so that gateways that share the replicas do not all use the first. */
  readonly random: () => number;
}

interface Candidate {
  readonly replica: BackendRunner;
  readonly readiness: Readiness;
  readonly outstanding: number;
  readonly failing: boolean;
}

/**
 * Several replicas of one backend behind one door. A call goes to the least busy of those that run, and one more is started in
 * the background when all of them have work; a call that a replica did not take goes to the next. With affinity all calls go to
 * the same replica while it is healthy.
 */
export class ReplicaSet implements BackendRunner {
  readonly #first: BackendRunner;
  readonly #all: readonly BackendRunner[];
  readonly #deps: ReplicaSetDeps;
  #picker: EndpointPicker<BackendRunner>;
  /** The replica a call failed on, by the call's signal, with which it comes again when it is sent once more. */
  readonly #failedOn = new WeakMap<Signal, BackendRunner>();
  /** Whether the backend keeps a session; over HTTP it may, until a connection shows that it does not. */
  #keepsSession: boolean;

  constructor(first: BackendRunner, others: readonly BackendRunner[], deps: ReplicaSetDeps) {
    this.#first = first;
    this.#all = [first, ...others];
    this.#deps = deps;
    this.#picker = this.#newPicker();
    this.#keepsSession = first.spec.transport !== "stdio";
  }

  get spec(): BackendSpec {
    return this.#first.spec;
  }

  get state(): BackendState {
    return this.#all.map(({ state }) => state).reduce(nearer);
  }

  get inFlight(): number {
    return this.#all.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  get replicas(): readonly ReplicaStanding[] {
    const ejected = this.#picker.endpoints.filter((facts) => facts.ejected).map(({ endpoint }) => endpoint);
    return this.#all.map((replica) => ({
      state: replica.state,
      inFlight: replica.inFlight,
      ejected: ejected.includes(replica),
    }));
  }

  get hasSpare(): boolean {
    return this.#candidates().some(({ readiness, failing }) => !failing && (readiness === "ready" || readiness === "startable"));
  }

  async use<T>(signal: Signal, work: (running: Running) => Promise<T>, options: UseOptions = {}): Promise<T> {
    const tried = new Set<BackendRunner>();
    let first: GatewayError | undefined;
    for (;;) {
      const { endpoint: replica, settle } = this.#pick(tried, signal);
      try {
        const result = await replica.use(signal, (running) => this.#run(running, work), options);
        settle("ok");
        return result;
      } catch (reason) {
        const error = GatewayError.from(reason, signal);
        const verdict = verdictOn(error, replica, options);
        settle(verdict);
        if (verdict === "fail") this.#failedOn.set(signal, replica);
        if (signal.aborted || !wasNotTaken(error)) throw error;
        first ??= error; // of the replica that was most likely to serve
        tried.add(replica);
        if (tried.size === this.#all.length) throw first;
      }
    }
  }

  /** Starts every replica, and waits for the first that runs. */
  async start(signal: Signal, onStage?: StageListener): Promise<Running> {
    const starts = this.#all.map((replica) => replica.start(signal, onStage));
    return await Promise.any(starts).catch(() => this.#first.start(signal, onStage)); // which has just failed, and says why
  }

  async prepare(signal: Signal, onStage?: StageListener): Promise<void> {
    await this.#first.prepare(signal, onStage);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((replica) => replica.stop()));
  }

  reset(): void {
    for (const replica of this.#all) replica.reset();
    this.#picker = this.#newPicker();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((replica) => replica[Symbol.asyncDispose]()));
  }

  /** The least busy of those that are nearest to serving and were not tried for this call; another than it failed on, if there is one. */
  #pick(tried: ReadonlySet<BackendRunner>, signal: Signal): PickedEndpoint<BackendRunner> {
    const untried = this.#candidates().filter(({ replica }) => !tried.has(replica));
    const nearest = READINESS.find((readiness) => untried.some((candidate) => candidate.readiness === readiness));
    const choice = untried.filter(({ readiness }) => readiness === nearest);
    const isSticky = this.#isSticky();
    if (!isSticky && nearest === "ready" && choice.every(({ outstanding }) => outstanding > 0)) startOneMore(untried);
    const failedOn = this.#failedOn.get(signal);
    const others = isSticky ? choice : choice.filter(({ replica }) => replica !== failedOn);
    const open = others.length > 0 ? others : choice;
    return this.#picker.pick(isSticky ? SESSION : undefined, new Set(open.map(({ replica }) => replica)));
  }

  #candidates(): readonly Candidate[] {
    const now = this.#deps.clock.now();
    return this.#picker.endpoints.map(({ endpoint: replica, outstanding, ejected, failing }) => ({
      replica,
      readiness: readinessOf(replica.state, ejected, now),
      outstanding,
      failing,
    }));
  }

  #isSticky(): boolean {
    const { affinity } = this.spec;
    return affinity === "auto" ? this.#keepsSession : affinity === "session";
  }

  #run<T>(running: Running, work: (running: Running) => Promise<T>): Promise<T> {
    this.#keepsSession = running.connection.hasSession === true;
    return work(running);
  }

  #newPicker(): EndpointPicker<BackendRunner> {
    const { clock, random } = this.#deps;
    const start = Math.floor(random() * this.#all.length);
    const inTurn = [...this.#all.slice(start), ...this.#all.slice(0, start)];
    return new EndpointPicker(inTurn, { backend: this.spec.id, clock, onDrained: () => {} });
  }
}

/** One at a time: the next busy moment starts the next. */
function startOneMore(candidates: readonly Candidate[]): void {
  const idle = candidates.filter(({ readiness }) => readiness === "startable").map(({ replica }) => replica);
  if (idle.some(({ state }) => state.name === "starting")) return;
  void idle[0]?.start(new AbortController().signal).catch(() => undefined); // its failure shows in status
}

/** Whether the replica did not take the call, so that another may run it: it did not start, or was never reached. */
const wasNotTaken = (error: GatewayError): boolean =>
  error.outcome === "not_executed" && error.traits.breaker === "failure" && !isPushback(error);

function verdictOn(error: GatewayError, { state }: BackendRunner, { judge }: UseOptions): UseVerdict {
  if (state.name === "draining" && state.cause === "stop") return "ignore"; // we ourselves closed it under the call
  return judge?.(error) ?? outcomeOf(error, { silentMs: 0, slowCallMs: SLOW_CALL_MS });
}
