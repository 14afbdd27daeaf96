import type { ResultCache } from "../cache/result-cache.ts";
import type { Fleet } from "../lifecycle/fleet.ts";
import type { CallArguments, CallContext, CallDone, CallHandler, CallRound, ToolResult } from "../model/call.ts";
import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import { readRaw } from "../model/raw-result.ts";
import { callBudget } from "../resilience/deadline.ts";
import { type PartQuery, type ResultPart, readStored } from "../results/read-stored.ts";
import type { ResultStore } from "../results/result-store.ts";
import type { Clock } from "../time/clock.ts";
import type { BackendRequests } from "./backend-requests.ts";
import type { Caller } from "./caller.ts";
import type { CollectionStep, ContainerCare } from "./container-care.ts";
import type { DescribeAnswer } from "./describe-tools.ts";
import type { DiscoverAnswer, DiscoverQuery } from "./discovery.ts";
import type { ExampleWriter } from "./examples/example-writer.ts";
import type { Guards } from "./guards.ts";
import type { Intake } from "./intake.ts";
import type { LearnTools } from "./learn-tools.ts";
import type { Discovering } from "./metered-discovery.ts";
import type { OpsDesk } from "./ops-desk.ts";
import type { RefreshCatalog } from "./refresh-catalog.ts";
import { reportStages } from "./report-stages.ts";
import type { Router } from "./router.ts";
import { ToolAddresses } from "./tool-addresses.ts";
import { isUsable } from "./usable.ts";
import type { GatewayStatus, RegistryView, ServerCard, ServerStatus, Views } from "./views.ts";

export interface InvokeRequest {
  /** `"server/tool"`. */
  readonly tool: unknown;
  readonly args: CallArguments;
  readonly round?: CallRound | undefined;
  /** A repetition with the same key and arguments within 10 minutes is not run again. */
  readonly idempotencyKey?: string | undefined;
  /** Let the server itself answer, and no cache. */
  readonly fresh?: boolean | undefined;
  /** How much text of the result is shown, in tokens; default the entry's, Infinity for all of it. */
  readonly maxTokens?: number | undefined;
}

export type ManageAction = "start" | "stop" | "restart" | "refresh" | "reset" | "flush";

/** One item of `invoke_many`: an answer, or why there is none. */
export type InvokeOutcome = { readonly result: ToolResult } | { readonly error: GatewayError };

/** How a result goes to its caller. */
type Delivery = Pick<CallContext, "siblings" | "takesRaw">;

export interface GatewayParts {
  readonly version: string;
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly router: Router;
  readonly discovery: Discovering;
  readonly learn: LearnTools;
  readonly refresh: RefreshCatalog;
  readonly views: Views;
  readonly ops: OpsDesk;
  readonly guards: Guards;
  readonly results: ResultCache;
  readonly bigResults: ResultStore;
  readonly intake: Intake;
  readonly calls: CallHandler;
  readonly readOnlyCalls: CallHandler;
  readonly requests: BackendRequests;
  readonly containers: ContainerCare;
  readonly examples: ExampleWriter;
  readonly registry: () => RegistryView;
  readonly close: () => Promise<void>;
}

/** The use cases, one method per meta-tool. Knows no protocol; every face stands on it. */
export class Gateway implements AsyncDisposable {
  readonly #parts: GatewayParts;
  readonly #startedAt: number;
  readonly #addresses = new ToolAddresses();
  #calls = 0;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
  }

  async discover(query: DiscoverQuery, caller: Caller): Promise<DiscoverAnswer> {
    const { file, servers, errors } = this.#parts.registry();
    const answer = await this.#parts.discovery.discover(query, caller.signal);
    if (servers > 0) return answer;
    return { ...answer, notice: `There are no servers: ${errors[0]?.message ?? `${file ?? "the registry"} names none`}` };
  }

  describe(tools: readonly string[], caller: Caller): Promise<DescribeAnswer> {
    return this.#parts.discovery.describe(tools, caller.signal);
  }

  /** Calls a backend's tool through the pipe; throws a GatewayError when there is no answer. */
  async invoke(request: InvokeRequest, caller: Caller): Promise<ToolResult> {
    return await this.#read(this.#parts.calls, request, caller);
  }

  /** As `invoke`, for tools the registry knows to be read-only; refuses all others before they are called. */
  async invokeReadonly(request: InvokeRequest, caller: Caller): Promise<ToolResult> {
    return await this.#read(this.#parts.readOnlyCalls, request, caller);
  }

  /** As `invoke` or `invokeReadonly`, for whoever passes the result on and cannot wait for a promise: it may come unread. */
  relay(request: InvokeRequest, caller: Caller, { readOnly }: { readonly readOnly: boolean }, done: CallDone): void {
    this.#call(readOnly ? this.#parts.readOnlyCalls : this.#parts.calls, request, caller, { takesRaw: true }, done);
  }

  /** Runs calls in parallel through the same pipe; answers in order, and one failure does not fail the rest. */
  async invokeMany(requests: readonly InvokeRequest[], caller: Caller): Promise<readonly InvokeOutcome[]> {
    const siblings = requests.length;
    return await Promise.all(
      requests.map(async (request): Promise<InvokeOutcome> => {
        try {
          return { result: await this.#read(this.#parts.calls, request, caller, { siblings }) };
        } catch (reason) {
          return { error: GatewayError.from(reason, caller.signal) };
        }
      }),
    );
  }

  /** Reads a part of a result that was cut; throws `not_found` once its handle is gone. */
  readResult(handle: string, query: PartQuery): ResultPart {
    return readStored(this.#parts.bigResults.get(handle), query);
  }

  listServers(): Promise<readonly ServerCard[]> {
    return this.#parts.views.servers();
  }

  /** Asks one backend something other than a tool call: resources, prompts. */
  async request(backend: string, method: string, params: JsonObject, caller: Caller): Promise<JsonObject> {
    this.#parts.intake.assertOpen(backend);
    return await this.#parts.requests(backend, method, params, caller);
  }

  /** Has a model write examples for tools; on a person's word only. */
  get examples(): ExampleWriter {
    return this.#parts.examples;
  }

  /** What the registry file looks like right now. */
  get registry(): RegistryView {
    return this.#parts.registry();
  }

  /** What a face for operators stands on. */
  get ops(): OpsDesk {
    return this.#parts.ops;
  }

  status(): Promise<GatewayStatus> {
    return this.#parts.views.overview(this.#parts.version, this.#startedAt, this.#parts.registry());
  }

  serverStatus(backend: string): Promise<ServerStatus> {
    return this.#parts.views.server(backend);
  }

  /** Starts, stops or refreshes one server on a person's or model's word; gives back its status afterwards. */
  async manage(action: ManageAction, backend: string, caller: Caller): Promise<ServerStatus> {
    const runner =
      action === "stop" || action === "flush" ? this.#parts.router.backend(backend) : this.#parts.router.usable(backend);
    if (action === "stop") await this.#parts.intake.shutFor(backend, () => runner.stop());
    if (action === "restart") await runner.stop(); // calls that come meanwhile wait for it
    if (action === "reset" || action === "restart" || action === "start") {
      runner.reset();
      this.#parts.guards.of(runner).breaker.reset();
    }
    if (action === "flush") this.#parts.results.invalidate(backend);
    if (action === "refresh") this.#parts.refresh.invalidate(backend);
    if (action === "start" || action === "restart" || action === "refresh") {
      this.#parts.intake.assertOpen(backend);
      const onStage = reportStages(caller.onProgress, this.#parts.clock);
      if (action === "start") await runner.prepare(caller.signal, onStage);
      await runner.start(caller.signal, onStage);
      await this.#parts.learn.learn(backend, caller.signal);
    }
    return await this.#parts.views.server(backend);
  }

  /** Fetches what a server needs to start, such as its image. */
  async prepare(backend: string, caller: Caller): Promise<void> {
    await this.#parts.router.usable(backend).prepare(caller.signal, reportStages(caller.onProgress, this.#parts.clock));
  }

  /** What became, or would become, of the containers that gateways have left behind. */
  async collectContainers(dryRun: boolean): Promise<readonly CollectionStep[]> {
    return dryRun ? await this.#parts.containers.plan() : await this.#parts.containers.collect();
  }

  /**
   * Clears away, in the background, the containers of gateways that died, and takes over those the registry still wants:
   * from now on they count as idle here, and stop in their time.
   */
  inherit(): void {
    void this.#parts.containers.sweep().then((servers) => {
      for (const server of servers) this.#learnInBackground(server);
    });
  }

  /** Starts the servers the registry wants warm, in the background. */
  warmUp(): void {
    for (const { spec } of this.#parts.fleet.all()) {
      if (spec.warm && isUsable(spec)) this.#learnInBackground(spec.id);
    }
  }

  /** Refuses new calls from now on; those in flight go on. */
  refuseNewCalls(): void {
    this.#parts.intake.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.intake.close();
    await this.#parts.close();
  }

  #learnInBackground(backend: string): void {
    if (this.#parts.intake.closed) return;
    void this.#parts.learn.learn(backend, new AbortController().signal).catch(() => undefined); // its failure shows in status
  }

  #read(pipe: CallHandler, request: InvokeRequest, caller: Caller, delivery?: Delivery): Promise<ToolResult> {
    return new Promise((resolve, reject) => {
      this.#call(pipe, request, caller, delivery, (ending) =>
        ending instanceof GatewayError ? reject(ending) : resolve(readRaw(ending)),
      );
    });
  }

  #call(pipe: CallHandler, request: InvokeRequest, caller: Caller, delivery: Delivery = {}, done: CallDone): void {
    const ref = this.#addresses.read(request.tool);
    if (ref instanceof GatewayError) {
      done(ref);
      return;
    }
    const spec = this.#parts.router.find(ref.backend)?.spec; // a server nobody knows is refused in the pipe, on record
    const toolMs = spec?.tools.overrides.get(ref.tool)?.timeoutMs;
    const { totalMs } = callBudget(spec?.callTimeoutMs ?? Number.POSITIVE_INFINITY, toolMs, caller.timeoutMs);
    const { args, idempotencyKey, round } = request;
    pipe({ ref, args, idempotencyKey, round }, this.#context(request, caller, totalMs, delivery), done);
  }

  /** Every member by its name: copying one object into another shows in the time of a call. */
  #context({ fresh, maxTokens }: InvokeRequest, caller: Caller, totalMs: number, delivery: Delivery): CallContext {
    this.#calls += 1;
    return {
      id: `c${this.#calls}`,
      signal: caller.signal,
      deadline: (caller.since ?? this.#parts.clock.now()) + totalMs,
      timeoutMs: caller.timeoutMs,
      notes: {},
      onProgress: caller.onProgress,
      fresh,
      maxTokens,
      siblings: delivery.siblings,
      takesRaw: delivery.takesRaw,
      hostCapabilities: caller.hostCapabilities,
      meta: caller.meta,
      askHost: caller.askHost,
      log: caller.log,
    };
  }
}
