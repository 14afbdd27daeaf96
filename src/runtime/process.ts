import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { Endpoint, LaunchRequest, RuntimeDriver, Workload, WorkloadExit } from "../model/ports.ts";
import type { Signal } from "../model/signal.ts";
import type { Clock } from "../time/clock.ts";
import { type Child, startChild } from "./child-process.ts";
import { LocalPorts } from "./free-port.ts";
import { LogTail } from "./log-tail.ts";
import { childEnvironment } from "./process-env.ts";
import { LiveGroups } from "./process-group.ts";
import { type HttpChildOptions, type ProcessOptions, processKind, withPort } from "./process-options.ts";

/** Runs backends as child processes of ours, reached over their pipes or over a port on localhost. */
export class ProcessDriver implements RuntimeDriver {
  readonly kind = processKind.kind;
  readonly #clock: Clock;
  readonly #env: NodeJS.ProcessEnv;
  readonly #live = new LiveGroups();
  readonly #ports = new LocalPorts();

  constructor(clock: Clock, env: NodeJS.ProcessEnv = process.env) {
    this.#clock = clock;
    this.#env = env;
  }

  async launch(request: LaunchRequest): Promise<Workload> {
    const options = request.spec.options as ProcessOptions; // this runtime's own `parse` made them
    throwIfAborted(request.signal);
    request.report("start");
    if (options.http) return this.#launchHttp(request, options, options.http);
    const child = await this.#start(request, options);
    const log = new LogTail();
    void log.follow(child.errors);
    return new ProcessWorkload(child, log, { kind: "stdio", input: child.input, output: child.output });
  }

  async #launchHttp(request: LaunchRequest, options: ProcessOptions, http: HttpChildOptions): Promise<Workload> {
    const port = await this.#ports.claim(http.port);
    try {
      const child = await this.#start(request, withPort(options, port));
      void child.exited.then(() => this.#ports.release(port));
      const log = new LogTail();
      void log.follow(child.errors);
      void log.follow(child.output);
      // By name: a child may listen on either loopback address, and some answer to no other Host
      const url = `http://localhost:${port}${http.path}`;
      return new ProcessWorkload(
        child,
        log,
        { kind: "http", url, headers: http.headers },
        { port, chosen: http.port === undefined },
      );
    } catch (error) {
      this.#ports.release(port);
      throw error;
    }
  }

  async #start({ spec, signal }: LaunchRequest, options: ProcessOptions): Promise<Child> {
    const { command, args, cwd } = options;
    const env = childEnvironment(this.#env, options.env);
    const child = await startChild(
      { backend: spec.id, command, args, cwd, env, endsOnEof: options.http === undefined },
      { clock: this.#clock, live: this.#live },
    );
    if (!signal.aborted) return child;
    await child.kill();
    throw GatewayError.from(signal.reason);
  }
}

/** How servers say that they cannot listen, whatever they are written in. */
const IN_USE = /EADDRINUSE|address (?:is )?already in use/i;

/** The port of a child that serves HTTP, and whether we chose it. */
interface ChildPort {
  readonly port: number;
  readonly chosen: boolean;
}

class ProcessWorkload implements Workload {
  readonly endpoint: Endpoint;
  readonly exited: Promise<WorkloadExit>;
  readonly facts: JsonObject;
  readonly warmsUp: boolean;
  readonly #child: Child;
  readonly #log: LogTail;
  readonly #portWasChosen: boolean;

  constructor(child: Child, log: LogTail, endpoint: Endpoint, http?: ChildPort) {
    this.endpoint = endpoint;
    this.exited = child.exited;
    this.facts = { pid: child.pid, ...(http && { port: http.port }) };
    this.#portWasChosen = http?.chosen ?? false;
    this.warmsUp = endpoint.kind === "http"; // pipes keep what is written before the child reads
    this.#child = child;
    this.#log = log;
  }

  logTail(): readonly string[] {
    return this.#log.lines();
  }

  lostItsPort(): boolean {
    return this.#portWasChosen && this.#log.lines().some((line) => IN_USE.test(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}

function throwIfAborted(signal: Signal): void {
  if (signal.aborted) throw GatewayError.from(signal.reason);
}
