import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Told once for each call: when its answer came, and whether it was an answer rather than an error. */
export type Done = (ok: boolean) => void;

const NEWLINE = 10;
const EDGE = 96;
const SMALL = 4_096;
const FAILED = /"isError":true|"error":\{/;

/**
 * Speaks JSON-RPC lines to a child process and finds the id of an answer at the edges of its line, since a driver that
 * parses every line would be the thing that is measured.
 */
export class LineDriver implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #waiting = new Map<number, Done>();
  #chunks: Buffer[] = [];
  /** Hears every line that answers no request of ours. */
  onOther: (line: string) => void = () => {};
  /** The last whole line received, for the one check that what is measured is what was meant. */
  lastLine = "";

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env, withIpc = false) {
    this.child = spawn(command, args, { env, stdio: ["pipe", "pipe", "ignore", ...(withIpc ? (["ipc"] as const) : [])] });
    this.child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk));
    this.child.stdin?.on("error", () => undefined); // the exit below tells why
    this.child.once("exit", () => this.#abandon());
  }

  /** Writes one line that carries `id`; `done` is called when a line with that id comes back. */
  send(id: number, line: string, done: Done): void {
    this.#waiting.set(id, done);
    this.child.stdin?.write(line);
  }

  /** Sends one request and waits for its answer. */
  request(id: number, method: string, params: object): Promise<string> {
    const line = `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
    return new Promise((resolve, reject) => {
      this.send(id, line, (ok) => (ok ? resolve(this.lastLine) : reject(new Error(`${method} failed: ${this.lastLine}`))));
    });
  }

  notify(method: string): void {
    this.child.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", method })}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.stdin?.end();
    const backstop = setTimeout(() => this.child.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(backstop);
  }

  #read(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const tail = chunk.subarray(start, end);
      this.#line(this.#chunks.length === 0 ? tail : Buffer.concat([...this.#chunks, tail]));
      this.#chunks = [];
      start = end + 1;
    }
    if (start < chunk.length) this.#chunks.push(chunk.subarray(start));
  }

  #line(line: Buffer): void {
    const text = line.length <= SMALL ? line.toString("latin1") : edgesOf(line);
    const id = Number(/"id":(\d+)/.exec(text)?.[1]);
    const done = this.#waiting.get(id);
    if (!done) {
      this.onOther(text);
      return;
    }
    this.#waiting.delete(id);
    this.lastLine = text;
    done(!FAILED.test(text));
  }

  #abandon(): void {
    this.lastLine = `the process exited with code ${this.child.exitCode ?? this.child.signalCode}`;
    for (const done of this.#waiting.values()) done(false);
    this.#waiting.clear();
  }
}

const edgesOf = (line: Buffer): string => line.toString("latin1", 0, EDGE) + line.toString("latin1", line.length - EDGE);
