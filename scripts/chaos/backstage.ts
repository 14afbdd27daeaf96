import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One running process of a backend, known for as long as it holds its line to us. */
interface Instance {
  readonly pid: number;
  readonly line: Socket;
}

/** Where the ledger backends report for duty, whoever started them, and get their orders. Holds the files of a run. */
export class Backstage implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), "sallyport-chaos-"));
  readonly #server: Server;
  readonly #instances = new Map<string, Set<Instance>>();
  readonly #stopped = new Set<number>();

  private constructor() {
    this.#server = createServer((line) => this.#admit(line));
  }

  static async open(): Promise<Backstage> {
    const backstage = new Backstage();
    await new Promise<void>((resolve) => backstage.#server.listen(backstage.#socket, resolve));
    return backstage;
  }

  /** The variables a ledger backend needs. */
  env(name: string): Record<string, string> {
    return { LEDGER_NAME: name, LEDGER_FILE: this.ledgerOf(name), LEDGER_BACKSTAGE: this.#socket };
  }

  ledgerOf(name: string): string {
    return join(this.dir, `${name}.ledger`);
  }

  /** How many processes of that backend are alive. */
  alive(name: string): number {
    return this.#instances.get(name)?.size ?? 0;
  }

  /** Orders every process of a backend to behave like this for a while. */
  order(name: string, kind: string, forMs: number): void {
    for (const { line } of this.#instances.get(name) ?? []) line.write(`${JSON.stringify({ kind, forMs })}\n`);
  }

  kill(name: string): void {
    this.#signal(name, "SIGKILL");
  }

  /** Stops every process of a backend for a while: it holds its connections and answers nothing. */
  freeze(name: string, forMs: number): void {
    for (const pid of this.#signal(name, "SIGSTOP")) {
      this.#stopped.add(pid);
      setTimeout(() => this.#thaw(pid), forMs);
    }
  }

  thawAll(): void {
    for (const pid of this.#stopped) this.#thaw(pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thawAll();
    for (const instances of this.#instances.values()) for (const { line } of instances) line.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  get #socket(): string {
    return join(this.dir, "backstage");
  }

  #admit(line: Socket): void {
    line.on("error", () => undefined); // a killed process resets it
    line.setEncoding("utf8").once("data", (text: string) => {
      const { name, pid }: { name: string; pid: number } = JSON.parse(text); // so short that it comes in one piece
      const instance = { pid, line };
      const instances = this.#instances.get(name) ?? new Set();
      this.#instances.set(name, instances.add(instance));
      line.once("close", () => {
        instances.delete(instance);
        this.#stopped.delete(pid);
      });
    });
  }

  #signal(name: string, signal: NodeJS.Signals): number[] {
    const pids = [...(this.#instances.get(name) ?? [])].map(({ pid }) => pid);
    return pids.filter((pid) => send(pid, signal));
  }

  #thaw(pid: number): void {
    if (this.#stopped.delete(pid)) send(pid, "SIGCONT");
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it has just ended
  }
}
