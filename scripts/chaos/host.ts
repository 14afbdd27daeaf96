import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import type { Launch } from "../../test/support/gateway-home.ts";

const HANDSHAKE = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "chaos", version: "1.0.0" } };
const LEAVE_MS = 15_000;
const LOG_TAIL = 2_000;

export interface HostOptions {
  readonly launch: Launch;
  /** A module that is loaded into the gateway's process beside the gateway, and can be spoken to over IPC. */
  readonly probe?: string | undefined;
  /** Every answer that `ask` does not wait for. */
  readonly onAnswer: (id: unknown, message: JsonObject) => void;
}

/** A host that runs the built gateway and reads every line it writes. */
export class Host {
  readonly child: ChildProcess;
  readonly #output: Readable;
  readonly #onAnswer: HostOptions["onAnswer"];
  readonly #asked = new Map<string, (message: JsonObject) => void>();
  #asks = 0;
  #log = "";
  /** Lines that are no JSON object; there must be none. */
  strayLines = 0;

  constructor({ launch: { command, args, env }, probe, onAnswer }: HostOptions) {
    this.#onAnswer = onAnswer;
    const nodeArgs = probe === undefined ? [] : ["--expose-gc", "--import", probe];
    const channel = probe === undefined ? ("ignore" as const) : ("ipc" as const);
    this.child = spawn(command, [...nodeArgs, ...args], { env, stdio: ["pipe", "pipe", "pipe", channel] });
    if (!this.child.stdout) throw new Error("Expected a piped stdout");
    this.#output = this.child.stdout;
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#log = (this.#log + text).slice(-LOG_TAIL);
    });
    this.child.stdin?.on("error", () => undefined); // the exit tells the story
    createInterface({ input: this.#output }).on("line", (line) => this.#read(line));
  }

  /** The end of what the gateway wrote to stderr. */
  get log(): string {
    return this.#log;
  }

  async begin(): Promise<void> {
    await this.ask("initialize", HANDSHAKE);
    this.notify("notifications/initialized", {});
  }

  /** Sends a request under an id of the caller's, whose answer goes to `onAnswer`. */
  send(id: number, method: string, params: JsonObject): void {
    this.#write({ jsonrpc: "2.0", id, method, params });
  }

  /** Sends a request and waits for its answer, be it a result or an error. */
  ask(method: string, params: JsonObject): Promise<JsonObject> {
    this.#asks += 1;
    const id = `ask-${this.#asks}`;
    this.#write({ jsonrpc: "2.0", id, method, params });
    return new Promise((resolve) => this.#asked.set(id, resolve));
  }

  notify(method: string, params: JsonObject): void {
    this.#write({ jsonrpc: "2.0", method, params });
  }

  /** Stops reading for a while, as a busy host does. */
  stall(forMs: number): void {
    this.#output.pause();
    setTimeout(() => this.#output.resume(), forMs);
  }

  /** Closes the gateway's stdin and gives back its exit code; a gateway that stays is killed and has none. */
  async leave(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const gone = once(this.child, "exit");
    this.child.stdin?.end();
    const backstop = setTimeout(() => this.child.kill("SIGKILL"), LEAVE_MS);
    await gone;
    clearTimeout(backstop);
    return this.child.exitCode;
  }

  #write(message: JsonObject): void {
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #read(line: string): void {
    const message = parse(line);
    if (!message) {
      this.strayLines += 1;
      return;
    }
    if ("method" in message) return;
    const { id } = message;
    const resolve = typeof id === "string" ? this.#asked.get(id) : undefined;
    this.#asked.delete(String(id));
    if (resolve) resolve(message);
    else this.#onAnswer(id, message);
  }
}

function parse(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
