import { type Dispatcher, Pool } from "undici";
import type { Done } from "./line-driver.ts";

const HEADERS = ["content-type", "application/json", "accept", "application/json, text/event-stream"];

/** Calls an MCP endpoint directly over kept-alive connections: the shortest way undici knows, the floor of the HTTP hop. */
export class HttpDriver implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #path: string;

  constructor(url: string) {
    const { origin, pathname } = new URL(url);
    this.#pool = new Pool(origin, { connections: 1_024, pipelining: 1, keepAliveTimeout: 30_000 });
    this.#path = pathname;
  }

  send(body: string, done: Done): void {
    this.#pool.dispatch({ method: "POST", path: this.#path, headers: HEADERS, body }, new Answer(done));
  }

  /** The same for an answer that is a stream: `onText` hears each piece of it as it comes. */
  stream(body: string, onText: (text: string) => void, done: Done): void {
    this.#pool.dispatch({ method: "POST", path: this.#path, headers: HEADERS, body }, new Answer(done, onText));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

class Answer implements Dispatcher.DispatchHandler {
  readonly #done: Done;
  readonly #onText: ((text: string) => void) | undefined;
  readonly #chunks: Buffer[] = [];
  #status = 0;

  constructor(done: Done, onText?: (text: string) => void) {
    this.#done = done;
    this.#onText = onText;
  }

  onRequestStart(): void {} // undici refuses a handler without it

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#onText?.(chunk.toString("latin1"));
  }

  onResponseEnd(): void {
    this.#done(this.#status === 200 && this.#chunks.length > 0);
  }

  onResponseError(): void {
    this.#done(false);
  }
}
