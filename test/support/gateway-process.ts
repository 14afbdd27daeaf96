import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import { createGatewayHome, type GatewayHome } from "./gateway-home.ts";

/** How long a gateway may take to leave after its stdin has ended, before the test kills it. */
const LEAVE_MS = 10_000;

/** How a gateway process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Waiter {
  readonly resolve: (message: JsonObject) => void;
  readonly reject: (error: Error) => void;
}

/** The built gateway as a child process, spoken to line by line without an SDK; disposing it ends its stdin and waits. */
export class GatewayProcess implements AsyncDisposable {
  /** Every message that answers no pending request, in the order of arrival. */
  readonly notifications: JsonObject[] = [];
  /** Lines on stdout that are no JSON object; a well-behaved gateway has none. */
  readonly strayLines: string[] = [];
  readonly home: GatewayHome;
  readonly exited: Promise<ProcessEnd>;
  readonly child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<unknown, Waiter>();
  readonly #ownsHome: boolean;
  /** The last line it wrote, as it came. */
  lastLine = "";
  #stderr = "";
  #nextId = 1;

  private constructor(home: GatewayHome, ownsHome: boolean, args: readonly string[]) {
    const child = spawn(home.command, [...home.args, ...args], { env: home.env, cwd: home.dir });
    this.home = home;
    this.#ownsHome = ownsHome;
    this.child = child;
    this.exited = once(child, "close").then(() => ({ code: child.exitCode, signal: child.signalCode }));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    child.stdin.on("error", () => undefined); // a gateway that has left breaks the pipe; `exited` tells the story
    createInterface({ input: child.stdout }).on("line", (line) => this.#receive(line));
    void this.exited.then((end) => this.#failPending(end));
  }

  /** Starts the gateway on a registry of its own; the environment is bare but for `env`. */
  static async start(registry: JsonObject, env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
    return new GatewayProcess(await createGatewayHome(registry, env), true, []);
  }

  /** Starts a gateway on a home that belongs to somebody else: beside others there, or after them. */
  static join(home: GatewayHome, args: readonly string[] = []): GatewayProcess {
    return new GatewayProcess(home, false, args);
  }

  /** Everything it wrote to stderr so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Sends one JSON-RPC request and waits for the whole answer, be it a result or an error. */
  request(method: string, params: JsonObject = {}, id: string | number = this.#nextId++): Promise<JsonObject> {
    const answer = this.answerTo(id);
    this.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return answer;
  }

  /** Waits for the answer that carries `id`, whoever asked. */
  answerTo(id: string | number | null): Promise<JsonObject> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  notify(method: string, params: JsonObject = {}): void {
    this.write(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
  }

  /** Writes bytes to the gateway's stdin as they are. */
  write(bytes: string | Buffer): void {
    this.child.stdin.write(bytes);
  }

  /** The handshake of a 2025-11-25 host; gives back the result of `initialize`. */
  async initialize(): Promise<JsonObject> {
    const clientInfo = { name: "raw-line-client", version: "1.0.0" };
    const answer = await this.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
    this.notify("notifications/initialized");
    return resultOf(answer);
  }

  /** Calls one of the gateway's own tools and gives back the tool result. */
  async callTool(name: string, args: JsonObject = {}): Promise<JsonObject> {
    return resultOf(await this.request("tools/call", { name, arguments: args }));
  }

  /** Resident memory in bytes, from /proc (Linux). */
  rssBytes(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** Ends stdin, as a host does that is done, and tells how the process left. */
  async end(): Promise<ProcessEnd> {
    this.child.stdin.end();
    const backstop = setTimeout(() => this.child.kill("SIGKILL"), LEAVE_MS);
    const end = await this.exited;
    clearTimeout(backstop);
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    if (this.#ownsHome) await this.home[Symbol.asyncDispose]();
  }

  #receive(line: string): void {
    this.lastLine = line;
    const message = parseLine(line);
    if (!message) {
      this.strayLines.push(line);
      return;
    }
    const waiter = "method" in message ? undefined : this.#waiting.get(message["id"]);
    if (!waiter) {
      this.notifications.push(message);
      return;
    }
    this.#waiting.delete(message["id"]);
    waiter.resolve(message);
  }

  #failPending(end: ProcessEnd): void {
    const error = new Error(`The gateway left (code ${end.code}, signal ${end.signal}) and said: ${this.#stderr.slice(-2_000)}`);
    for (const waiter of this.#waiting.values()) waiter.reject(error);
    this.#waiting.clear();
  }
}

/** The `result` of a JSON-RPC answer; throws with the error object when there is none. */
export function resultOf(answer: JsonObject): JsonObject {
  const { result } = answer;
  if (!isJsonObject(result)) throw new Error(`Expected a result, found ${JSON.stringify(answer)}`);
  return result;
}

function parseLine(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
