import { basename, join } from "node:path";
import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { Endpoint, Workload, WorkloadExit } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";
import { abandonOnAbort, linkDeadline } from "../time/linked-signal.ts";
import { type ExitWatch, findExit, watchExit } from "./container-exit.ts";
import type { Launched } from "./container-launch.ts";
import type { ContainerOptions } from "./container-options.ts";
import type { EngineConnector } from "./engine-connector.ts";
import { LogTail } from "./log-tail.ts";

const LOG_LINES = 20;
/** How long the attached log may take to end after its container has. */
const LAST_WORDS_MS = 250;
const LOOPBACK = new Set(["127.0.0.1", "::1"]);

export interface WorkloadParts {
  readonly endpoint: Endpoint;
  readonly facts: JsonObject;
  readonly launched: Launched;
  readonly memoryBytes: number;
  readonly engines: EngineConnector;
  readonly clock: Clock;
  /** Whether anybody but this workload holds a lease on it. */
  readonly isShared: () => Promise<boolean>;
  /** Gives up the lease and removes the container if nobody else uses it. */
  readonly release: () => Promise<void>;
}

/** A running container as the house sees it. */
export class ContainerWorkload implements Workload {
  readonly endpoint: Endpoint;
  readonly facts: JsonObject;
  readonly exited: Promise<WorkloadExit>;
  readonly warmsUp = true;
  readonly #parts: WorkloadParts;
  readonly #watch = new AbortController();
  readonly #pipeLog = new LogTail();
  readonly #pipeLogEnded: Promise<void> | undefined;
  #fetchedLog: readonly string[] = [];
  #released: Promise<void> | undefined;
  #checking: Promise<WorkloadExit | undefined> | undefined;

  constructor(parts: WorkloadParts) {
    this.endpoint = parts.endpoint;
    this.facts = parts.facts;
    this.#parts = parts;
    const { attachment } = parts.launched;
    this.#pipeLogEnded = attachment && this.#pipeLog.follow(attachment.errors);
    this.exited = this.#exit();
  }

  /**
   * Freezes the container, which keeps its memory and answers again 10 ms after `resume`. Not while others hold a lease:
   * asked before, to spare them the hiccup, and after, since a newcomer takes its lease first and looks at the state second.
   */
  async pause(): Promise<boolean> {
    const { engines, isShared, launched } = this.#parts;
    const { api } = await engines.engine();
    if (await isShared()) return false;
    await api.pause(launched.id);
    if (!(await isShared())) return true;
    await api.unpause(launched.id);
    return false;
  }

  async resume(): Promise<void> {
    const { api } = await this.#parts.engines.engine();
    await api.unpause(this.#parts.launched.id);
  }

  /** One look for all who lost their call in the same moment. */
  checkExit(): Promise<WorkloadExit | undefined> {
    this.#checking ??= this.#findExit().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  logTail(): readonly string[] {
    return this.#parts.launched.attachment ? this.#pipeLog.lines().slice(-LOG_LINES) : this.#fetchedLog;
  }

  /** Asks the engine for the last lines, so that `logTail` has them; an engine that cannot say leaves it as it was. */
  async refreshLog(): Promise<void> {
    if (this.#parts.launched.attachment) return;
    try {
      const { api } = await this.#parts.engines.engine();
      this.#fetchedLog = await api.logs(this.#parts.launched.id, LOG_LINES);
    } catch {
      // the log helps to explain a failure; lacking it must not become another one
    }
  }

  /** What it wrote last may still be on its way when the engine tells of its end. */
  async #hearLastWords(): Promise<void> {
    if (!this.#pipeLogEnded) return await this.refreshLog();
    using limit = linkDeadline(this.#parts.clock, LAST_WORDS_MS, undefined, () => new GatewayError("cancelled", "Heard enough"));
    await abandonOnAbort(this.#pipeLogEnded, limit.signal).catch(() => undefined);
  }

  /** Throws if the engine cannot be reached: then the container may still run, and the next gateway collects it. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    this.#watch.abort(new GatewayError("cancelled", "Container stopped"));
    await this.#parts.release();
  }

  get #watched(): ExitWatch {
    const { clock, engines, launched, memoryBytes } = this.#parts;
    return { id: launched.id, memoryBytes, engines, clock, signal: this.#watch.signal };
  }

  async #findExit(): Promise<WorkloadExit | undefined> {
    try {
      const exit = await findExit(this.#watched);
      if (exit) await this.#hearLastWords();
      return exit;
    } catch {
      return undefined; // an engine that cannot be asked knows of no death
    }
  }

  async #exit(): Promise<WorkloadExit> {
    try {
      const exit = await watchExit(this.#watched);
      await this.#hearLastWords();
      return exit;
    } catch {
      return { code: null, signal: null, reason: "stopped" }; // the watch ends early only when we let the container go
    }
  }
}

/** Where a launched container answers; throws `start_failed` if it published its port to the network or not at all. */
export function endpointOf(launched: Launched, options: ContainerOptions): Endpoint {
  const { attachment, container, labels } = launched;
  if (attachment) return { kind: "stdio", input: attachment.input, output: attachment.output };
  if (!options.http) throw new GatewayError("internal", "Container without HTTP was not attached");
  const { headers, path, place } = options.http;
  if (place.kind === "socket")
    return { kind: "http", url: `http://localhost${path}`, headers, socketPath: join(labels.files, "s", basename(place.socket)) };
  const bindings = container.NetworkSettings.Ports?.[`${place.port}/tcp`] ?? [];
  const open = bindings.find(({ HostIp }) => !LOOPBACK.has(HostIp));
  if (open)
    throw new GatewayError("start_failed", `Engine published port ${place.port} on "${open.HostIp}" instead of 127.0.0.1`, {
      hint: "Check the engine's default address for published ports",
    });
  if (!bindings[0]) throw new GatewayError("start_failed", `Engine published no port for port ${place.port} of the container`);
  return { kind: "http", url: `http://localhost:${bindings[0].HostPort}${path}`, headers }; // by name: some images check Host
}
