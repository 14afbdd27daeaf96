import type { JsonObject } from "../model/json.ts";
import type { Signal } from "../model/signal.ts";
import type { Clock } from "../time/clock.ts";
import { linkDeadline } from "../time/linked-signal.ts";
import { type Attachment, attach } from "./engine-attach.ts";
import { hanging, isFault, refusedBy } from "./engine-errors.ts";
import { framedLines } from "./engine-frames.ts";
import { CALL_MS, type EngineCall, EngineHttp, type EngineHttpOptions } from "./engine-http.ts";
import { PullReader } from "./engine-pull.ts";
import {
  Container,
  type EngineVersion,
  Executed,
  Identified,
  type InspectedContainer,
  isPodman,
  type ListedContainer,
  Listings,
  Version,
} from "./engine-shapes.ts";

const PULL_STALL_MS = 60_000;
const STOP_MARGIN_MS = 10_000;

/** How often podman looks whether a container still runs: its own default. */
const PODMAN_LOOKS = { interval: "250ms" };

/** The few endpoints of the Docker-compatible API that the house uses; the same for podman and Docker, but for `wait`. */
export class EngineApi implements AsyncDisposable {
  readonly socketPath: string;
  readonly #http: EngineHttp;
  readonly #clock: Clock;
  #isPodman = false;

  constructor(options: EngineHttpOptions) {
    this.socketPath = options.socketPath;
    this.#http = new EngineHttp(options);
    this.#clock = options.clock;
  }

  /** Asks who is there and settles on an API version both sides know; an engine that hangs costs `pingMs`, a busy one may take longer. */
  async handshake(signal?: Signal, pingMs = CALL_MS): Promise<EngineVersion> {
    await this.#http.call({ method: "GET", path: "/_ping", action: "answer a ping", signal, withinMs: pingMs });
    const version = await this.#http.json(Version, { method: "GET", path: "/version", action: "tell its version", signal });
    this.#http.speak(version.ApiVersion);
    this.#isPodman = isPodman(version);
    return version;
  }

  /** The id of a local image; undefined if there is none of that name. */
  async imageId(name: string, signal?: Signal): Promise<string | undefined> {
    const path = `/images/${encodeURIComponent(name)}/json`;
    const call: EngineCall = { method: "GET", path, action: `inspect image "${name}"`, signal };
    const image = await unlessMissing(this.#http.json(Identified, call));
    return image?.Id;
  }

  /** Pulls an image; `onProgress` hears the engine's own lines. Ends when the pull does, or after 60 s without a sign of life. */
  async pull(name: string, onProgress: (line: string) => void, signal?: Signal): Promise<void> {
    const action = `pull image "${name}"`;
    const reader = new PullReader(onProgress);
    const path = `/images/create`;
    const query = { fromImage: withTag(name) };
    await this.#http.call({
      method: "POST",
      path,
      query,
      action,
      signal,
      withinMs: PULL_STALL_MS,
      onPiece: (piece) => reader.push(piece),
    });
    if (reader.failure !== undefined) throw refusedBy(action, 200, reader.failure);
  }

  /** Creates a container and gives back its id; a taken name is the fault `name_in_use`. */
  async create(name: string, body: JsonObject): Promise<string> {
    const call: EngineCall = {
      method: "POST",
      path: `/containers/create`,
      query: { name },
      body,
      action: `create container "${name}"`,
    };
    return (await this.#http.json(Identified, call)).Id;
  }

  /** Starts a container; one that runs already stays as it is. */
  async start(id: string): Promise<void> {
    await this.#post(id, "start", "start the container");
  }

  async pause(id: string): Promise<void> {
    await this.#post(id, "pause", "pause the container");
  }

  /** Lets a paused container go on; one that runs already stays as it is. */
  async unpause(id: string): Promise<void> {
    try {
      await this.#post(id, "unpause", "unpause the container");
    } catch (error) {
      if (!isFault(error, "refused") || (await this.inspect(id))?.State.Status !== "running") throw error;
    }
  }

  /** SIGKILL, now. */
  async kill(id: string): Promise<void> {
    await this.#post(id, "kill", "kill the container");
  }

  /** Gives the container a new name, atomically. */
  async rename(id: string, name: string): Promise<void> {
    await this.#http.call({ method: "POST", path: this.#at(id, "rename"), query: { name }, action: "rename the container" });
  }

  /** SIGTERM, then SIGKILL after the grace; waits until it has stopped. */
  async stop(id: string, graceSec: number): Promise<void> {
    const withinMs = graceSec * 1_000 + STOP_MARGIN_MS;
    await this.#http.call({
      method: "POST",
      path: this.#at(id, "stop"),
      query: { t: String(graceSec) },
      action: "stop the container",
      withinMs,
    });
  }

  /** Removes a container in whatever state, with its anonymous volumes; one that is gone already is fine. */
  async remove(id: string): Promise<void> {
    const path = `/containers/${encodeURIComponent(id)}`;
    const call: EngineCall = { method: "DELETE", path, query: { force: "true", v: "true" }, action: "remove the container" };
    try {
      await unlessMissing(this.#http.call(call));
    } catch (error) {
      if (!isFault(error, "refused")) throw error;
      await unlessMissing(this.#http.call(call)); // podman refuses once if the container ends by itself meanwhile
    }
  }

  /** What the engine knows of a container, by id or name; undefined if there is none. */
  async inspect(id: string, signal?: Signal): Promise<InspectedContainer | undefined> {
    return unlessMissing(
      this.#http.json(Container, { method: "GET", path: this.#at(id, "json"), action: "inspect the container", signal }),
    );
  }

  /** All containers with these labels, stopped ones too. */
  async list(labels: readonly string[], signal?: Signal): Promise<ListedContainer[]> {
    const query = { all: "true", filters: JSON.stringify({ label: labels }) };
    return this.#http.json(Listings, {
      method: "GET",
      path: `/containers/json`,
      query,
      action: "list containers",
      signal,
    });
  }

  /** The last lines of a container's log, oldest first. */
  async logs(id: string, lines: number): Promise<string[]> {
    const query = { stdout: "true", stderr: "true", tail: String(lines) };
    const { body } = await this.#http.call({
      method: "GET",
      path: this.#at(id, "logs"),
      query,
      action: "show the container's log",
    });
    return framedLines(body);
  }

  /**
   * Resolves once the container no longer runs; waits as long as that takes. The exit code is for `inspect` to tell. Podman is asked
   * in its own words: in older ones (4.3.1) the others keep a CPU of its service busy (podman issue 18150).
   */
  async wait(id: string, signal: Signal): Promise<void> {
    const path = this.#at(id, "wait");
    const call: EngineCall = {
      method: "POST",
      path: this.#isPodman ? `/libpod${path}` : path,
      query: this.#isPodman ? PODMAN_LOOKS : {},
      action: "wait for the container",
      withinMs: Number.POSITIVE_INFINITY,
      signal,
    };
    await this.#http.call(call);
  }

  /** Runs a command inside a container and gives back its exit code. */
  async exec(id: string, command: readonly string[], signal?: Signal): Promise<number> {
    const action = "run the health check";
    const body = { Cmd: command, AttachStdout: true, AttachStderr: true };
    const created: EngineCall = { method: "POST", path: this.#at(id, "exec"), body, action, signal };
    const path = `/exec/${(await this.#http.json(Identified, created)).Id}`;
    await this.#http.call({
      method: "POST",
      path: `${path}/start`,
      body: { Detach: false, Tty: false },
      action,
      signal,
      onPiece: () => {},
    });
    const call: EngineCall = { method: "GET", path: `${path}/json`, action, signal };
    return (await this.#http.json(Executed, call)).ExitCode ?? -1;
  }

  /** Attaches to a container that has not started yet, so that not a byte is lost. */
  async attach(id: string, signal?: Signal): Promise<Attachment> {
    using deadline = linkDeadline(this.#clock, CALL_MS, signal, () => hanging("attach to the container", CALL_MS));
    return await attach(
      this.socketPath,
      this.#http.versioned(`${this.#at(id, "attach")}?stream=1&stdin=1&stdout=1&stderr=1`),
      deadline.signal,
    );
  }

  /** Keeps one connection busy until the engine or the signal ends it, so that an engine that sleeps when idle stays awake. */
  async keepAwake(signal: Signal): Promise<void> {
    const query = { filters: JSON.stringify({ label: ["io.sallyport.managed=true"] }) };
    const call: EngineCall = { method: "GET", path: `/events`, query, action: "send events", signal };
    await this.#http.call({ ...call, withinMs: Number.POSITIVE_INFINITY, onPiece: () => {} });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }

  #at(id: string, what: string): string {
    return `/containers/${encodeURIComponent(id)}/${what}`;
  }

  async #post(id: string, what: string, action: string): Promise<void> {
    await this.#http.call({ method: "POST", path: this.#at(id, what), action });
  }
}

/** The answer, or undefined where the engine says there is no such thing. */
async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isFault(error, "no_container", "no_image")) return undefined;
    throw error;
  }
}

/** Without a tag or digest the engine would pull every tag there is. */
const withTag = (name: string): string => (/[@:][^/]*$/.test(name) ? name : `${name}:latest`);
