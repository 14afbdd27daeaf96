import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { LaunchRequest, LeaseBook, RuntimeDriver, Workload } from "../model/ports.ts";
import { Scope } from "../model/scope.ts";
import type { Clock } from "../time/clock.ts";
import { describeExit } from "./container-exit.ts";
import { ContainerFileStore } from "./container-files.ts";
import { healthCommand, untilHealthy } from "./container-health.ts";
import { type ContainerLabels, scopeOf, servingName } from "./container-labels.ts";
import { ContainerLaunch, type Launched } from "./container-launch.ts";
import { type ContainerOptions, containerKind } from "./container-options.ts";
import { ContainerWorkload, endpointOf } from "./container-workload.ts";
import { throwAfter } from "./engine-cleanup.ts";
import type { EngineConnector } from "./engine-connector.ts";
import type { Engine } from "./engine-endpoint.ts";

export { containerKind } from "./container-options.ts";

export interface ContainerDeps {
  readonly clock: Clock;
  readonly engines: EngineConnector;
  readonly leases: Pick<LeaseBook, "acquire" | "holders">;
  /** Ours alone (mode 0700), the same for every gateway that shares the leases. */
  readonly runtimeDir: string;
  /** Names this run of this gateway. */
  readonly gatewayNonce: string;
}

/** Runs backends as containers of podman or Docker; those that serve HTTP are shared with the other gateways of the same leases. */
export const createContainerDriver = (deps: ContainerDeps): RuntimeDriver => new ContainerDriver(deps);

class ContainerDriver implements RuntimeDriver {
  readonly kind = containerKind.kind;
  readonly #deps: ContainerDeps;
  readonly #files: ContainerFileStore;

  constructor(deps: ContainerDeps) {
    this.#deps = deps;
    this.#files = new ContainerFileStore(deps.runtimeDir);
  }

  async launch(request: LaunchRequest): Promise<Workload> {
    try {
      return await this.#launch(request, request.spec.options as ContainerOptions); // this runtime's own `parse` made them
    } catch (error) {
      throw startFailed(request, error);
    }
  }

  /** Pulls the image if it is absent: on a person's word, so that no call ever waits for it. */
  async prepare({ spec, signal, report }: LaunchRequest): Promise<void> {
    const { image } = spec.options as ContainerOptions; // this runtime's own `parse` made them
    try {
      const { api } = await this.#deps.engines.engine(signal);
      if ((await api.imageId(image)) !== undefined) return;
      report("pull", image);
      await api.pull(image, (line) => report("pull", line), signal);
    } catch (error) {
      throw GatewayError.from(error, signal).with({ backend: spec.id });
    }
  }

  async #launch(request: LaunchRequest, options: ContainerOptions): Promise<Workload> {
    const { engines, leases } = this.#deps;
    const engine = await engines.engine(request.signal);
    const labels = this.#labels(request, options);
    const launch = new ContainerLaunch(request, options, labels, {
      api: engine.api,
      engineName: engine.facts.name,
      leases,
      files: this.#files,
    });
    const name = servingName(labels);
    const claim = new Scope();
    try {
      claim.defer(() => engines.use(({ api }) => launch.withdraw(api))); // the engine of then: this one may have gone and come back
      claim.use(await leases.acquire(name)); // given back first: the withdrawal asks who else holds one
      const launched = await launch.run();
      await this.#untilReady(request, options, engine, launched);
      return new ContainerWorkload({
        endpoint: endpointOf(launched, options),
        facts: factsOf(options, engine, launched, launch.init),
        launched,
        engines,
        clock: this.#deps.clock,
        memoryBytes: options.memoryBytes,
        isShared: async () => (await leases.holders(name)).length > 1,
        release: () => claim[Symbol.asyncDispose](),
      });
    } catch (error) {
      return await throwAfter(() => claim[Symbol.asyncDispose](), error);
    }
  }

  /** Waits for the image's health check if it has one. Fails when the container has ended, unless its pipes are there to tell. */
  async #untilReady(
    { report, signal }: LaunchRequest,
    options: ContainerOptions,
    { api }: Engine,
    { id, container, attachment }: Launched,
  ): Promise<void> {
    const { clock } = this.#deps;
    const health = healthCommand(container);
    try {
      if (container.State.Status !== "running") throw new GatewayError("start_failed", "Container does not run");
      if (!health) return;
      report("ready", "health check");
      await untilHealthy(api, id, health, { clock, signal });
    } catch (error) {
      const now = signal.aborted ? undefined : await api.inspect(id);
      if (!now || now.State.Status === "running") throw error;
      if (attachment) return; // whoever holds its pipes hears of its end, and its last words
      const { reason } = describeExit(now.State.ExitCode, now.State.OOMKilled, options.memoryBytes);
      const log = await api.logs(id, 5);
      throw new GatewayError("start_failed", [reason, ...log.map(printable)].join("; "), { cause: error });
    }
  }

  #labels({ spec, replica }: LaunchRequest, { http }: ContainerOptions): ContainerLabels {
    return {
      server: spec.id,
      configHash: spec.digest,
      scope: scopeOf(this.#deps.runtimeDir),
      replica,
      gateway: this.#deps.gatewayNonce,
      transport: spec.transport,
      port: http?.place.kind === "port" ? String(http.place.port) : "",
      files: "",
    };
  }
}

function factsOf(options: ContainerOptions, { facts }: Engine, launched: Launched, init: boolean): JsonObject {
  return {
    engine: `${facts.name} ${facts.version}`,
    container: servingName(launched.labels),
    containerId: launched.id.slice(0, 12),
    image: options.image,
    imageId: launched.container.Image,
    network: options.network,
    adopted: launched.adopted,
    ...(options.init && !init ? { init: "the engine has none: stops take longer" } : {}),
    // Docker and podman show these in `inspect`; secrets belong into container.secrets
    ...(Object.keys(options.env).length > 0 ? { visibleEnv: Object.keys(options.env) } : {}),
  };
}

/** The reason of an abort as it is; everything that is not the caller's doing is a failed start, with the server's name in front. */
function startFailed({ spec, signal }: LaunchRequest, reason: unknown): GatewayError {
  const error = GatewayError.from(reason, signal);
  if (signal.aborted) return error;
  if (error.code === "cancelled" || error.code === "deadline_exceeded" || error.code === "shutting_down")
    return error.with({ backend: spec.id });
  return new GatewayError("start_failed", `Cannot start "${spec.id}": ${error.message}`, {
    backend: spec.id,
    hint: error.hint,
    cause: error,
  });
}

const printable = (line: string): string => line.replaceAll(/\p{C}+/gu, " ").slice(0, 300);
