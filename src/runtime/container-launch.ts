import { GatewayError } from "../model/errors.ts";
import type { LaunchRequest, LeaseBook } from "../model/ports.ts";
import { hasWantedImage, ownLabels, type Wanted } from "./container-adopt.ts";
import { createBody } from "./container-body.ts";
import type { ContainerFileStore, ContainerFiles } from "./container-files.ts";
import { type ContainerLabels, servingName } from "./container-labels.ts";
import type { ContainerOptions } from "./container-options.ts";
import { discard, retire } from "./container-retire.ts";
import { bindOf } from "./container-volumes.ts";
import type { EngineApi } from "./engine-api.ts";
import type { Attachment } from "./engine-attach.ts";
import { throwAfter } from "./engine-cleanup.ts";
import { EngineError, isFault } from "./engine-errors.ts";
import type { InspectedContainer } from "./engine-shapes.ts";

export interface LaunchDeps {
  readonly api: EngineApi;
  readonly engineName: string;
  readonly leases: Pick<LeaseBook, "holders">;
  readonly files: ContainerFileStore;
}

/** A container that runs, by our doing or by another gateway's. */
export interface Launched {
  readonly id: string;
  /** As written by whoever created it. */
  readonly labels: ContainerLabels;
  readonly container: InspectedContainer;
  readonly adopted: boolean;
  readonly attachment: Attachment | undefined;
}

const ATTEMPTS = 4;

/** Brings one container up: creates it, or takes over the one that already has its name. */
export class ContainerLaunch {
  readonly #request: LaunchRequest;
  readonly #options: ContainerOptions;
  readonly #labels: ContainerLabels;
  readonly #deps: LaunchDeps;
  readonly #name: string;
  #init: boolean;
  #launched: Launched | undefined;

  constructor(request: LaunchRequest, options: ContainerOptions, labels: ContainerLabels, deps: LaunchDeps) {
    this.#request = request;
    this.#options = options;
    this.#labels = labels;
    this.#deps = deps;
    this.#name = servingName(labels);
    this.#init = options.init;
  }

  /** False if the engine had no init to offer and the container runs without one. */
  get init(): boolean {
    return this.#init;
  }

  /** Resolves once the container runs. The caller holds a lease on its name and calls `withdraw` whether or not this throws. */
  async run(): Promise<Launched> {
    for (let attempt = 1; ; attempt += 1) {
      this.#throwIfAborted();
      try {
        this.#launched = await this.#createAndStart();
      } catch (error) {
        if (attempt === ATTEMPTS || !(await this.#clearsTheWay(error))) throw error;
      }
      if (this.#launched) return this.#launched;
    }
  }

  /** Lets the container go and removes it if nobody else uses it; the caller has given its lease back. Can be tried again. */
  async withdraw(api: EngineApi): Promise<void> {
    if (!this.#launched) return;
    const { attachment, id, labels } = this.#launched;
    attachment?.close();
    await retire({ id, labels, graceSec: this.#options.stopTimeoutSec }, { ...this.#deps, api });
    this.#launched = undefined;
  }

  /** Whether another attempt makes sense; takes over or removes what was in the way. */
  async #clearsTheWay(error: unknown): Promise<boolean> {
    if (isFault(error, "name_in_use")) {
      this.#launched = await this.#takeOver();
      return true;
    }
    if (isFault(error, "no_init") && this.#init) {
      this.#init = false;
      return true;
    }
    return isFault(error, "port_in_use", "no_container"); // a new container gets a new port
  }

  async #createAndStart(): Promise<Launched> {
    const binds = await Promise.all(this.#options.volumes.map(bindOf));
    const files = await this.#deps.files.prepare(this.#options);
    const labels = { ...this.#labels, files: files?.directory ?? "" };
    let id: string | undefined;
    let attachment: Attachment | undefined;
    try {
      id = await this.#create(labels, binds, files);
      if (!this.#options.http) attachment = await this.#deps.api.attach(id, this.#request.signal);
      return await this.#start({ id, labels, adopted: false, attachment });
    } catch (error) {
      attachment?.close();
      const created = id;
      return throwAfter(
        () => (created === undefined ? this.#deps.files.remove(labels.files) : discard(created, labels, this.#deps)),
        error,
      );
    }
  }

  async #create(labels: ContainerLabels, binds: readonly string[], files: ContainerFiles | undefined): Promise<string> {
    const body = createBody(this.#options, { labels, binds, files, init: this.#init });
    this.#request.report("create");
    try {
      return await this.#deps.api.create(this.#name, body);
    } catch (error) {
      if (!isFault(error, "no_image")) throw error;
      await this.#pull(error);
      return await this.#deps.api.create(this.#name, body);
    }
  }

  async #pull(missing: EngineError): Promise<void> {
    const { image, pull } = this.#options;
    if (pull === "never")
      throw missing.with({ hint: `Run \`${this.#deps.engineName} pull ${image}\` or \`sallyport pull ${this.#labels.server}\`` });
    this.#request.report("pull", image);
    await this.#deps.api.pull(image, (line) => this.#request.report("pull", line), this.#request.signal);
  }

  async #start(created: Omit<Launched, "container">): Promise<Launched> {
    this.#throwIfAborted();
    this.#request.report("start");
    await this.#deps.api.start(created.id);
    return this.#running(created);
  }

  async #running(started: Omit<Launched, "container">): Promise<Launched> {
    const { api } = this.#deps;
    let container = await api.inspect(started.id);
    if (container?.State.Status === "paused") {
      await api.unpause(started.id);
      container = await api.inspect(started.id);
    }
    if (!container) throw new EngineError("no_container", "Container was removed while it started");
    return { ...started, container };
  }

  /** What has our name: adopted if it is the same and lives; undefined if it was a carcass, which is removed. */
  async #takeOver(): Promise<Launched | undefined> {
    const { api } = this.#deps;
    const found = await api.inspect(this.#name);
    if (!found) return undefined;
    const labels = ownLabels(found, this.#wanted());
    const { Id: id, State } = found;
    const lives = ["running", "paused", "created"].includes(State.Status);
    if (!this.#options.http || !lives || !(await hasWantedImage(found, this.#wanted(), this.#deps))) {
      await discard(id, labels, this.#deps);
      return undefined;
    }
    const adopted = { id, labels, adopted: true, attachment: undefined };
    try {
      return State.Status === "created" ? await this.#start(adopted) : await this.#running(adopted);
    } catch (error) {
      if (isFault(error, "no_container")) return undefined;
      if (State.Status !== "created" || this.#request.signal.aborted) throw error;
      await discard(id, labels, this.#deps); // left by a gateway that died or lost its port
      return undefined;
    }
  }

  #wanted(): Wanted {
    return { name: this.#name, image: this.#options.image, labels: this.#labels, engineName: this.#deps.engineName };
  }

  #throwIfAborted(): void {
    if (this.#request.signal.aborted) throw GatewayError.from(this.#request.signal.reason);
  }
}
