import type { CallDone, ToolResult } from "../model/call.ts";
import type { JsonObject } from "../model/json.ts";
import { type PartQuery, type ResultPart, readStored } from "../results/read-stored.ts";
import type { ResultStore } from "../results/result-store.ts";
import type { Clock } from "../time/clock.ts";
import type { BackendRequests } from "./backend-requests.ts";
import type { CallDesk, InvokeOutcome, InvokeRequest } from "./call-desk.ts";
import type { Caller } from "./caller.ts";
import type { CollectionStep, ContainerCare } from "./container-care.ts";
import type { DescribeAnswer } from "./describe-tools.ts";
import type { DiscoverAnswer, DiscoverQuery } from "./discovery.ts";
import type { ExampleWriter } from "./examples/example-writer.ts";
import type { Intake } from "./intake.ts";
import type { Discovering } from "./metered-discovery.ts";
import type { OpsDesk } from "./ops-desk.ts";
import type { ManageAction, ServerDesk } from "./server-desk.ts";
import type { GatewayStatus, RegistryView, ServerCard, ServerStatus, Views } from "./views.ts";

export interface GatewayParts {
  readonly version: string;
  readonly clock: Clock;
  readonly discovery: Discovering;
  readonly views: Views;
  readonly ops: OpsDesk;
  readonly bigResults: ResultStore;
  readonly intake: Intake;
  readonly calls: CallDesk;
  readonly servers: ServerDesk;
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
  invoke(request: InvokeRequest, caller: Caller): Promise<ToolResult> {
    return this.#parts.calls.invoke(request, caller);
  }

  /** As `invoke`, for tools the registry knows to be read-only; refuses all others before they are called. */
  invokeReadonly(request: InvokeRequest, caller: Caller): Promise<ToolResult> {
    return this.#parts.calls.invokeReadonly(request, caller);
  }

  /** As `invoke` or `invokeReadonly`, for whoever passes the result on and cannot wait for a promise: it may come unread. */
  relay(request: InvokeRequest, caller: Caller, kind: { readonly readOnly: boolean }, done: CallDone): void {
    this.#parts.calls.relay(request, caller, kind, done);
  }

  /** Runs calls in parallel through the same pipe; answers in order, and one failure does not fail the rest. */
  invokeMany(requests: readonly InvokeRequest[], caller: Caller): Promise<readonly InvokeOutcome[]> {
    return this.#parts.calls.invokeMany(requests, caller);
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
    await this.#parts.servers.manage(action, backend, caller);
    return await this.#parts.views.server(backend);
  }

  /** Fetches what a server needs to start, such as its image. */
  prepare(backend: string, caller: Caller): Promise<void> {
    return this.#parts.servers.prepare(backend, caller);
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
    this.#parts.servers.inherit();
  }

  /** Starts the servers the registry wants warm, in the background. */
  warmUp(): void {
    this.#parts.servers.warmUp();
  }

  /** Refuses new calls from now on; those in flight go on. */
  refuseNewCalls(): void {
    this.#parts.intake.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.intake.close();
    await this.#parts.close();
  }
}
